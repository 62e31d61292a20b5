/** Bodies that no client of ours sends: each gets a problem with a pointer where there is one, none a 500. */

import { exports } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pointersOf, problemOf } from "../support/problems.ts";

const LICENSE = "/api/v1/activations/license";
const SESSION = "00000000-0000-8000-8000-000000000000";
const JSON_TYPE = { "Content-Type": "application/json" };

function post(path: string, body: BodyInit | null, headers: Record<string, string> = JSON_TYPE): Promise<Response> {
  return exports.default.fetch(`http://leasehold.test${path}`, { method: "POST", body, headers });
}

describe("media types", () => {
  it("IN-1: takes application/json, application/*+json and text/json, with parameters", async () => {
    const types = [
      "application/json",
      "application/json; charset=utf-8",
      "APPLICATION/JSON;charset=UTF-16",
      "application/json-patch+json",
      "application/vnd.vendor.v2+json",
      "text/json",
      "text/json; charset=utf-8",
    ];
    for (const type of types) {
      const problem = await problemOf(await post(LICENSE, "{}", { "Content-Type": type }), 400, "invalid-request");
      expect(pointersOf(problem)).toEqual(["/activationCode", "/fingerprint"]);
    }
  });

  it("ERR-1: refuses every other type with 415", async () => {
    const types = [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonx",
      "json",
      "a/b+json",
      "",
    ];
    for (const type of types) {
      const problem = await problemOf(
        await post(LICENSE, "{}", { "Content-Type": type }),
        415,
        "unsupported-media-type",
      );
      expect(problem.action).toBe("fix-request");
    }
  });

  it("ERR-1: refuses a content coding with 415", async () => {
    await problemOf(
      await post(LICENSE, "{}", { ...JSON_TYPE, "Content-Encoding": "gzip" }),
      415,
      "unsupported-media-type",
    );
  });

  it("IN-1: does not look at the type when there is no body", async () => {
    for (const type of ["application/x-www-form-urlencoded", "text/plain", "nonsense"]) {
      const answer = await post(`/api/v1/activations/${SESSION}/renew`, null, { "Content-Type": type });
      await problemOf(answer, 401, "credentials-required");
      const empty = await post(`/api/v1/activations/${SESSION}/renew`, "", { "Content-Type": type });
      await problemOf(empty, 401, "credentials-required");
    }
  });

  it("ERR-1: a missing body where members are required names them", async () => {
    const problem = await problemOf(await post(LICENSE, null, {}), 400, "invalid-request");
    expect(problem.errors).toEqual([
      { pointer: "/activationCode", detail: "is required" },
      { pointer: "/fingerprint", detail: "is required" },
    ]);
  });
});

describe("size", () => {
  it("LIM-2: 64 KiB pass, a byte more is 413, by length and by stream", async () => {
    const padded = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;
    await problemOf(await post(LICENSE, padded(65_536)), 400, "invalid-request");
    await problemOf(await post(LICENSE, padded(65_537)), 413, "body-too-large");

    const chunk = new TextEncoder().encode("x".repeat(16_384));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(chunk);
        if (sent === 1_000) controller.close();
      },
    });
    await problemOf(await post(LICENSE, endless), 413, "body-too-large");
    expect(sent).toBeLessThan(100);
  });

  it("ERR-2: a body nested without end is 400", async () => {
    for (const depth of [33, 1_000, 30_000]) {
      await problemOf(await post(LICENSE, `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`), 400, "invalid-request");
      await problemOf(
        await post(LICENSE, `{"a":${'{"a":'.repeat(depth / 3)}1${"}".repeat(depth / 3)}}`),
        400,
        "invalid-request",
      );
      await problemOf(await post(LICENSE, `{"a":${"[".repeat(depth)}`), 400, "invalid-request");
    }
  });

  it("LIM-2: many members and many errors stay a short answer", async () => {
    const members = Array.from({ length: 5_000 }, (_, index) => `"m${index}":${index}`).join(",");
    const problem = await problemOf(await post(LICENSE, `{${members}}`), 400, "invalid-request");
    expect(problem.errors).toHaveLength(2);
  });
});

describe("text", () => {
  it("ERR-1: what is not UTF-8, not JSON, or begins with a byte order mark is 400 at the body", async () => {
    const bodies: BodyInit[] = [
      new Uint8Array([0xff, 0xfe, 0x7b, 0x00]),
      new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
      "\uFEFF{}",
      "{",
      " ",
      "{'a':1}",
      '{"a":NaN}',
      '{"a":1}}',
      '{"a":"\n"}',
      "null",
      "[]",
      '"text"',
      "12",
      "true",
    ];
    for (const body of bodies) {
      expect(pointersOf(await problemOf(await post(LICENSE, body), 400, "invalid-request"))).toEqual([""]);
    }
  });

  it("ERR-1: U+0000 and lone surrogates are 400 at their place, in unknown members too", async () => {
    const places: [string, string][] = [
      ['{"activationCode":"A\\u0000B","fingerprint":"f"}', "/activationCode"],
      ['{"activationCode":"A","fingerprint":"\\ud800"}', "/fingerprint"],
      ['{"activationCode":"A","fingerprint":"f","other":["x",{"a/b~c":"\\udc00"}]}', "/other/1/a~1b~0c"],
      ['{"activationCode":"A","fingerprint":"f","nul\\u0000":1}', ""],
      ['{"activationCode":"A","fingerprint":"f","deep":{"\\ud83d":1}}', "/deep"],
    ];
    for (const [body, pointer] of places) {
      expect(pointersOf(await problemOf(await post(LICENSE, body), 400, "invalid-request"))).toEqual([pointer]);
    }
  });

  it("ERR-2: a name given twice is its last value, and names of objects' own are nothing special", async () => {
    const twice = '{"activationCode":"A","fingerprint":"f","fingerprint":""}';
    expect(pointersOf(await problemOf(await post(LICENSE, twice), 400, "invalid-request"))).toEqual(["/fingerprint"]);
    const own =
      '{"__proto__":{"activationCode":"A","fingerprint":"f"},"constructor":1,"toString":null,"hasOwnProperty":[]}';
    const problem = await problemOf(await post(LICENSE, own), 400, "invalid-request");
    expect(pointersOf(problem)).toEqual(["/activationCode", "/fingerprint"]);
  });
});

describe("members", () => {
  const valid = { activationCode: "A", fingerprint: "f" };
  const wrong: [string, unknown][] = [
    ["activationCode", 1],
    ["activationCode", null],
    ["activationCode", ["A"]],
    ["fingerprint", ""],
    ["fingerprint", "x".repeat(1_025)],
    ["fingerprint", {}],
    ["email", "x".repeat(321)],
    ["email", 7],
    ["requestedLeaseDuration", true],
    ["requestedLeaseDuration", {}],
    ["requestedLeaseDuration", ""],
    ["requestedLeaseDuration", "0"],
    ["requestedLeaseDuration", 0],
    ["requestedLeaseDuration", -1],
    ["requestedLeaseDuration", 1.5],
    ["requestedLeaseDuration", "-01:00:00"],
    ["requestedLeaseDuration", "1 hour"],
    ["requestedLeaseDuration", "P"],
    ["requestedLeaseDuration", "1".repeat(65)],
    ["targetSoftwareVersion", "1".repeat(257)],
    ["targetSoftwareVersion", 2],
    ["hostname", "h".repeat(1_025)],
    ["hostname", false],
    ["userHash", ""],
    ["userHash", 1],
    ["vmName", 1],
    ["container", "yes"],
  ];
  for (const [member, value] of wrong) {
    it(`ERR-1: ${member} as ${JSON.stringify(value).slice(0, 24)} is 400 at that member`, async () => {
      const answer = await post(LICENSE, JSON.stringify({ ...valid, [member]: value }));
      expect(pointersOf(await problemOf(answer, 400, "invalid-request"))).toEqual([`/${member}`]);
    });
  }

  it("KEY-1: an empty, too long or unprintable code is malformed", async () => {
    for (const activationCode of ["", "   ", "x".repeat(257), "a\u0007b", "a\nb"]) {
      const answer = await post(LICENSE, JSON.stringify({ ...valid, activationCode }));
      const problem = await problemOf(answer, 400, "malformed-activation-code");
      expect(pointersOf(problem)).toEqual(["/activationCode"]);
      expect(problem.action).toBe("fix-request");
    }
  });

  it("LIM-2: lengths are counted in code points", async () => {
    const answer = await post(LICENSE, JSON.stringify({ fingerprint: "😀".repeat(1_024) }));
    expect(pointersOf(await problemOf(answer, 400, "invalid-request"))).toEqual(["/activationCode"]);
  });
});

describe("anything at all", () => {
  const paths = [
    LICENSE,
    "/api/v1/activations/jwt",
    `/api/v1/activations/${SESSION}/renew`,
    `/api/v1/activations/${SESSION}/check-in`,
  ];

  it("ERR-2: no JSON gives a 500", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.json({ maxDepth: 6 }), async (path, body) => {
        const answer = await post(path, body);
        await answer.arrayBuffer();
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });

  it("ERR-2: no members of any type give a 500", async () => {
    const members = fc.record(
      {
        activationCode: fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.jsonValue()),
        fingerprint: fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.jsonValue()),
        email: fc.oneof(fc.emailAddress(), fc.jsonValue()),
        requestedLeaseDuration: fc.oneof(fc.double(), fc.string(), fc.jsonValue()),
        targetSoftwareVersion: fc.jsonValue(),
        hostname: fc.jsonValue(),
        container: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), members, async (path, body) => {
        const answer = await post(path, JSON.stringify(body));
        await answer.arrayBuffer();
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });

  it("ERR-2: no bytes give a 500", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.uint8Array({ maxLength: 200 }),
        fc.string(),
        async (path, bytes, type) => {
          const headers = { "Content-Type": type.replace(/[^\x21-\x7e]/g, "") };
          for (const sent of [headers, JSON_TYPE]) {
            const answer = await post(path, bytes, sent);
            await answer.arrayBuffer();
            expect(answer.status).toBeLessThan(500);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
