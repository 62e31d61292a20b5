/** The activation API (CALL-1): seven calls. Each checks its input, then its credentials, then asks the license. */

import type { Context } from "hono";
import type { ActivateCall, Grant, Principal, FollowUpCall } from "../../domain/license/calls.ts";
import { UNTOLD, type DeviceWish } from "../../domain/license/device.ts";
import { locatorOf } from "../../domain/terms/identifier.ts";
import { isSameEmail } from "../../domain/terms/email.ts";
import { readKey } from "../../domain/terms/license-key.ts";
import type { Outcome } from "../../domain/outcome.ts";
import { activate } from "../../operations/activation/activate.ts";
import { checkKey, type CheckedNow } from "../../operations/activation/check.ts";
import type { Deployment } from "../../operations/deployment.ts";
import {
  accompany,
  issueDocument,
  issueToken,
  type Accompaniment,
  type Issued,
  type Recipient,
} from "../../operations/activation/issue.ts";
import { LocatorHints } from "../../operations/license/locator-hints.ts";
import { checkIn, checkOut, renewSession, seeSession, withdraw } from "../../operations/activation/follow-up-calls.ts";
import type { Moment } from "../../tokens/fresh-map.ts";
import { somebodyCalls, whoCalls, type Known } from "../authenticate.ts";
import { jsonBody } from "../body.ts";
import type { AppEnv } from "../context.ts";
import { idempotencyKeyOf, idempotencyOf } from "../idempotency.ts";
import { ACTIVATION_BODY_BYTES } from "../limits.ts";
import { momentOf } from "../moment.ts";
import { networkOf } from "../network.ts";
import { Problem } from "../problem.ts";
import { chargeMiss, limitByAddress, limitBySession } from "../rate-limits.ts";
import { validBody } from "../validate.ts";
import { problemOf, type Stage } from "./refusals.ts";
import {
  activationBody,
  activationDocument,
  checkBody,
  checkDocument,
  checkedInDocument,
  checkedOutDocument,
  checkInBody,
  checkOutBody,
  claimsOf,
  renewBody,
  sessionDocument,
} from "./wire.ts";
import type * as z from "zod/mini";
import { Hono } from "../hono.ts";
import { idInPath } from "../path-ids.ts";

export const ACTIVATION_PATH = "/api/v1/activations";

const body = jsonBody(ACTIVATION_BODY_BYTES);

export function activationApp(): Hono<AppEnv> {
  const hints = new LocatorHints();
  return new Hono<AppEnv>()
    .post("/license", limitByAddress, body, validBody(activationBody, "client"), async (c) => {
      const { grant, issued } = await granted(c, hints, c.req.valid("json"), issueDocument);
      return answerDocument(c, grant, issued);
    })
    .post("/jwt", limitByAddress, body, validBody(activationBody, "client"), async (c) => {
      const { grant, issued } = await granted(c, hints, c.req.valid("json"), issueToken);
      return c.json(issued.token, 200, { Location: locationOf(grant.activationId) });
    })
    .post("/check", limitByAddress, body, validBody(checkBody, "client"), async (c) => {
      return c.json(checkDocument(await checked(c, hints, c.req.valid("json"))));
    })
    .post("/:sessionId/renew", limitBySession, wellFormedSession, body, validBody(renewBody, "client"), async (c) => {
      const known = await somebodyCalls(c);
      const call = sessionCall(c, known, c.req.valid("json"));
      const grant = await ofSession(c, call, await renewSession(c.get("deployment"), call));
      const issued = await issueDocument(c.get("deployment"), grant, known, momentOf(c));
      return answerDocument(c, grant, valueOf(issued, "session"));
    })
    .post(
      "/:sessionId/check-in",
      limitBySession,
      wellFormedSession,
      body,
      validBody(checkInBody, "client"),
      async (c) => {
        const call = sessionCall(c, await somebodyCalls(c), c.req.valid("json"));
        return c.json(checkedInDocument(await ofSession(c, call, await checkIn(c.get("deployment"), call))));
      },
    )
    .post(
      "/:sessionId/check-out",
      limitByAddress,
      wellFormedSession,
      body,
      validBody(checkOutBody, "client"),
      async (c) => {
        const call = sessionCall(c, await somebodyCalls(c), {});
        return c.json(checkedOutDocument(await ofSession(c, call, await checkOut(c.get("deployment"), call))));
      },
    )
    .get("/:sessionId", limitByAddress, wellFormedSession, async (c) => {
      const call = sessionCall(c, await somebodyCalls(c), {});
      const session = await ofSession(c, call, await seeSession(c.get("deployment"), call));
      const beside = valueOf(await accompany(c.get("deployment"), session.license, momentOf(c)), "session");
      return c.json(sessionDocument(session, beside));
    });
}

/** STAND-4: the id comes before the credentials, and before the body. */
async function wellFormedSession(c: Context<AppEnv>, next: () => Promise<void>): Promise<void> {
  if (locatorOf(c.req.param("sessionId") ?? "") === null) {
    throw new Problem("malformed-session-id", "A session id is a UUID from an activation's answer.");
  }
  await next();
}

/** `issue`: what goes out with the grant. */
async function granted<T>(
  c: Context<AppEnv>,
  hints: LocatorHints,
  sent: z.output<typeof activationBody>,
  issue: (deployment: Deployment, grant: Grant, recipient: Recipient, moment: Moment) => Promise<Outcome<T>>,
): Promise<{ readonly grant: Grant; readonly issued: T }> {
  const code = codeIn(sent);
  const key = idempotencyKeyOf(c);
  const known = await whoCalls(c);
  const principal = activatingPrincipal(known, sent.email);
  const call: ActivateCall = {
    principal,
    requestId: c.get("requestId"),
    fingerprint: sent.fingerprint,
    requestedLeaseSeconds: sent.requestedLeaseDuration,
    email: sent.email,
    ...wishOf(c, sent),
    idempotency: await idempotencyOf(c, key, whoActivates(principal, sent.fingerprint)),
  };
  const grant = await ofKey(c, await activate(c.get("deployment"), hints, code, call));
  // A device that activates anew is its license's client again, whoever its last token was signed for.
  const recipient = { withholdsUser: known.principal.kind === "management" && known.withholdsUser };
  const issued = await issue(c.get("deployment"), grant, recipient, momentOf(c));
  if (!issued.ok) await withdraw(c.get("deployment"), call, grant);
  return { grant, issued: valueOf(issued, "activation") };
}

/** Nothing comes of it, so that it is as good the second time (MGMT-4): an `Idempotency-Key` is not looked at. */
async function checked(c: Context<AppEnv>, hints: LocatorHints, sent: z.output<typeof checkBody>): Promise<CheckedNow> {
  const code = codeIn(sent);
  const known = await whoCalls(c);
  // AUTH-4: for its refusal. Who is anonymous here may still know how many seats there are.
  activatingPrincipal(known, sent.email);
  const { principal, mayReadLicense } = known;
  const call = { principal, fingerprint: sent.fingerprint, mayReadLicense, ...wishOf(c, sent) };
  return await ofKey(c, await checkKey(c.get("deployment"), hints, code, call, momentOf(c)));
}

function wishOf(c: Context<AppEnv>, sent: Parameters<typeof claimsOf>[0]): DeviceWish {
  return { ...UNTOLD, device: claimsOf(sent), network: networkOf(c) };
}

function codeIn({ activationCode }: { readonly activationCode: string }): string {
  const code = readKey(activationCode);
  if (code.ok) return code.key;
  const errors = [{ pointer: "/activationCode", detail: "must have 1 to 256 printable characters" }];
  throw new Problem(
    "malformed-activation-code",
    "An activation code has 1 to 256 characters and no control characters.",
    { errors },
  );
}

/** LIM-1: a key that nobody has is a miss. */
async function ofKey<T>(c: Context<AppEnv>, outcome: Outcome<T>): Promise<T> {
  if (!outcome.ok && outcome.refusal.code === "license-unknown") await chargeMiss(c);
  return valueOf(outcome, "activation");
}

/**
 * AUTH-2: whoever holds a license token or a management token is anonymous here; but what is sent must be valid.
 * AUTH-4: with a signed-in person, the body's e-mail is theirs or none; without, and if theirs is not known, any.
 */
function activatingPrincipal({ principal }: Known, email: string | null): Principal {
  if (principal.kind !== "user") return { kind: "anonymous" };
  const contradicts = email !== null && principal.email !== null && !isSameEmail(email, principal.email);
  if (contradicts) throw problemOf({ code: "email-mismatch" }, "activation");
  return principal;
}

/** MGMT-4: a signed-in person, else the device; the license is the object's that keeps the outcome. */
function whoActivates(principal: Principal, fingerprint: string): readonly string[] {
  return principal.kind === "user" ? ["user", principal.issuer, principal.subject] : ["anonymous", fingerprint];
}

interface SessionMembers {
  readonly fingerprint?: string | null;
  readonly requestedLeaseDuration?: number | null;
}

function sessionCall(c: Context<AppEnv>, { principal }: Known, sent: SessionMembers): FollowUpCall {
  return {
    principal,
    requestId: c.get("requestId"),
    activationId: idInPath(c, "sessionId"),
    fingerprint: sent.fingerprint ?? null,
    requestedLeaseSeconds: sent.requestedLeaseDuration ?? null,
  };
}

/** LIM-1: who asks about a session with the license token of another one is guessing. */
async function ofSession<T>(
  c: Context<AppEnv>,
  { principal, activationId: sessionId }: FollowUpCall,
  outcome: Outcome<T>,
): Promise<T> {
  if (!outcome.ok && principal.kind === "license-token" && principal.activationId !== sessionId) await chargeMiss(c);
  return valueOf(outcome, "session");
}

function answerDocument(c: Context<AppEnv>, grant: Grant, issued: Issued & Accompaniment): Response {
  return c.json(activationDocument(grant, issued.token, issued), 200, { Location: locationOf(grant.activationId) });
}

function locationOf(sessionId: string): string {
  return `${ACTIVATION_PATH}/${sessionId}`;
}

function valueOf<T>(outcome: Outcome<T>, stage: Stage): T {
  if (outcome.ok) return outcome.value;
  throw problemOf(outcome.refusal, stage);
}
