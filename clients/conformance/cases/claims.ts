/** What a token claims, and whose it is: VER-6 to VER-10. */

import type { Case } from "../format.ts";
import { CLAIMS, digest, FINGERPRINT, HOUR, ISSUER, type Mint, PRODUCT, T, thumbprintOf } from "../mint.ts";
import { ACTIVE, at, invalid, judged } from "./judge.ts";

export async function claims(mint: Mint): Promise<readonly Case[]> {
  const bad = invalid("claims");
  const other = invalid("product");
  const device = invalid("device");
  const own = await thumbprintOf(mint.keys.device);
  const bound = await mint.token({ cnf: { jkt: own } });
  const foreign = await mint.token({ cnf: { jkt: await thumbprintOf(mint.keys.foreign) } });
  const umlaut = "Gerät-ß-日本-🔑";
  const token = await mint.token();
  return [
    judged("VER-6", "payload-an-array", await mint.bytes(JSON.stringify([CLAIMS])), bad),
    judged("VER-6", "payload-not-json", await mint.bytes("{"), bad),
    judged("VER-6", "iat-absent", await mint.token({ iat: undefined }), bad),
    judged("VER-6", "exp-as-text", await mint.token({ exp: String(T + HOUR) }), bad),
    judged("VER-6", "sid-absent", await mint.token({ sid: undefined }), bad),
    judged("VER-6", "exp-null", await mint.token({ exp: null }), bad),
    judged(
      "VER-6",
      "exp-beyond-all-numbers",
      await mint.bytes(JSON.stringify(CLAIMS).replace(`"exp":${T + HOUR}`, '"exp":1e999')),
      bad,
    ),
    judged("VER-6", "server-time-as-text", await mint.token({ server_time: String(T) }), bad),
    judged("VER-6", "server-time-before-iat", await mint.token({ iat: T + 60 }), ACTIVE),

    judged("VER-7", "aud-text", token, ACTIVE),
    judged("VER-7", "aud-list", await mint.token({ aud: ["another", PRODUCT] }), ACTIVE),
    judged("VER-7", "aud-of-another-product", await mint.token({ aud: "another" }), other),
    judged("VER-7", "aud-a-prefix", await mint.token({ aud: PRODUCT.slice(0, -1) }), other),
    judged("VER-7", "aud-absent", await mint.token({ aud: undefined }), other),
    judged("VER-7", "aud-empty-list", await mint.token({ aud: [] }), other),

    judged("VER-8", "iss-another", token, invalid("issuer"), { issuer: "https://licenses.other.example" }),
    judged("VER-8", "iss-configured", token, ACTIVE, { issuer: ISSUER }),
    judged("VER-8", "iss-not-configured", await mint.token({ iss: "https://licenses.other.example" }), ACTIVE),

    judged("VER-9", "fp-of-another-device", await mint.token({ fp: digest("another") }), device),
    judged("VER-9", "fp-differs-by-case", token, device, { fingerprint: FINGERPRINT.toUpperCase() }),
    judged("VER-9", "fp-absent", await mint.token({ fp: undefined }), device),
    judged("VER-9", "fp-of-non-ascii-text", await mint.token({ fp: digest(umlaut) }), ACTIVE, { fingerprint: umlaut }),

    judged("VER-10", "cnf-own-key", bound, ACTIVE, { deviceKey: own }),
    judged("VER-10", "cnf-another-key", foreign, invalid("device-key"), { deviceKey: own }),
    judged("VER-10", "cnf-and-no-device-key-left", bound, invalid("device-key")),
    judged("VER-10", "no-cnf-and-a-device-key", token, ACTIVE, { deviceKey: own, now: at(0) }),
  ];
}
