/** A token that a running server has really issued, by every verifier that this machine can run. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMissing, LANGUAGES, verdictOf } from "./languages.ts";

interface Issued {
  readonly licenseToken: string;
  readonly tokenPublicKeyBase64: string;
  readonly product: string;
  readonly fingerprint: string;
}

/** What is missing is only told: `npm run verifiers` demands it. */
export function everyVerifierTakes({ licenseToken, tokenPublicKeyBase64, ...about }: Issued, claims: object): void {
  const work = mkdtempSync(join(tmpdir(), "leasehold-verifiers-"));
  const known = { ...about, publicKeyBase64: tokenPublicKeyBase64 };
  try {
    for (const { name, file, find } of LANGUAGES) {
      const found = find(work);
      if (isMissing(found)) {
        console.log(`smoke: not verified by ${name}. There is ${found.missing}`);
        continue;
      }
      assert.deepEqual(verdictOf(found, known, licenseToken), { claims }, file);
      const elsewhere = verdictOf(found, { ...known, fingerprint: `not ${about.fingerprint}` }, licenseToken);
      assert("refused" in elsewhere, `${file} takes another device's token`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
