/** ERR-1: whoever is signed in, and lacks a right, is told so, and is not sent to sign in once more. */

import { expect, it } from "vitest";
import { Problem, renderProblem } from "../../src/http/problem.ts";
import { valueOf } from "../../src/http/management/resource/refusals.ts";
import { created, license } from "../support/management.ts";
import { problemOf, UNSTAMPED } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { appWith } from "../support/signed-in-app.ts";
import { newFloating } from "../support/shop.ts";

const SIGN_IN = /sign in|authenticate|not signed|must be signed/i;

const provider = await newProvider({
  ada: { email: "ada@right.test", email_verified: true },
  grace: { email: "grace@right.test", email_verified: true },
});
const app = appWith(provider.issuer);
const tokenOf = async (name: string) => (await provider.tokens(name)).access_token;

async function page(type: unknown): Promise<string> {
  return await (await app.call("GET", String(type))).text();
}

it("ERR-1: at another's session, by words, challenge and page", async () => {
  const sold = await newFloating(2);
  const { sessionId } = await app.activated(sold.key, await tokenOf("ada"));
  const path = `/api/v1/activations/${sessionId}/renew`;
  const answer = await app.call("POST", path, { token: await tokenOf("grace"), body: { fingerprint: "device" } });
  expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer error="insufficient_scope"');
  const problem = await problemOf(answer, 401, "not-session-owner");
  expect(problem.action).toBe("sign-in");
  expect(`${problem.title} ${problem.detail}`).not.toMatch(SIGN_IN);
  expect(await page(problem.type)).not.toMatch(SIGN_IN);
});

it("ERR-1: at another's license", async () => {
  const { id: userId } = await created("/users", { email: "ada@right.test" });
  const sold = await license({ userId });
  const problem = await problemOf(await app.activate(String(sold.key), await tokenOf("grace")), 403, "wrong-user");
  expect(problem.action).toBe("sign-in");
  expect(`${problem.title} ${problem.detail}`).not.toMatch(SIGN_IN);
  expect(await page(problem.type)).not.toMatch(SIGN_IN);
});

it.each(["wrong-user", "not-session-owner", "email-not-verified"] as const)(
  "ERR-1: in the words of the management API, too: %s",
  async (code) => {
    const path = "/v3/activations";
    const told = (): Problem => {
      try {
        valueOf({ ok: false, refusal: { code } });
      } catch (error) {
        if (error instanceof Problem) return error;
      }
      throw new Error("nothing was refused");
    };
    const answer = renderProblem(told(), {
      path,
      url: `http://leasehold.test${path}`,
      requestId: UNSTAMPED,
      publicUrl: null,
    });
    const { title, detail } = await problemOf(answer, 400, "AUTHENTICATION_FAILED");
    expect(`${title} ${detail}`).not.toMatch(SIGN_IN);
  },
);

it("ERR-1: at the management API, without the role", async () => {
  const answer = await app.call("GET", "/v3/products", { token: await tokenOf("ada") });
  expect(answer.headers.get("WWW-Authenticate")).toBeNull();
  const problem = await problemOf(answer, 403, "FORBIDDEN");
  expect(problem.detail).toContain("You are signed in");
  expect(`${problem.title} ${problem.detail}`).not.toMatch(SIGN_IN);
});
