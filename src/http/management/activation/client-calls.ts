/**
 * v3's client calls (docs/clients-v3.md): a device with a license key activates, syncs and deactivates. They take no
 * scope; a bearer that comes along must be valid (AUTH-2), and says who calls where a person owns the activation
 * (AUTH-7).
 */

import type { Context } from "hono";
import type * as z from "zod/mini";
import type { ActivateCall, Grant, Principal } from "../../../domain/license/calls.ts";
import type { CountCall } from "../../../domain/license/client-calls.ts";
import type { DeviceWish } from "../../../domain/license/device.ts";
import { readKey } from "../../../domain/terms/license-key.ts";
import type { Outcome } from "../../../domain/outcome.ts";
import { activate } from "../../../operations/activation/activate.ts";
import { countUses, deactivate, syncActivation } from "../../../operations/activation/client-calls.ts";
import { withdraw } from "../../../operations/activation/follow-up-calls.ts";
import { issueActivationToken, type ClientRecipient } from "../../../operations/activation/issue-to-client.ts";
import { LocatorHints } from "../../../operations/license/locator-hints.ts";
import { whoCalls, type Known } from "../../authenticate.ts";
import { jsonBody } from "../../body.ts";
import { Hono } from "../../hono.ts";
import { idempotencyKeyOf, idempotencyOf } from "../../idempotency.ts";
import { MANAGEMENT_BODY_BYTES } from "../../limits.ts";
import { momentOf } from "../../moment.ts";
import { networkOf } from "../../network.ts";
import { idInPath } from "../../path-ids.ts";
import { chargeMiss } from "../../rate-limits.ts";
import { validBody } from "../../validate.ts";
import { refuseRoot } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { clientValueOf, malformedKey } from "./client-refusals.ts";
import { claimsOf, clientBody, countBody, deactivationBody, usesOf } from "./client-wire.ts";

type Call = Context<ManagementEnv>;
type Sent = z.output<typeof clientBody>;

const body = jsonBody(MANAGEMENT_BODY_BYTES);
/** ID-4: of this isolate. */
const hints = new LocatorHints();

export const clientCalls = new Hono<ManagementEnv>()
  .post("/", body, validBody(clientBody, "client"), async (c) => {
    const sent = c.req.valid("json");
    const key = keyIn(sent.key);
    const idempotencyKey = idempotencyKeyOf(c);
    const known = await callerOf(c);
    const principal = principalOf(known);
    const call: ActivateCall = {
      principal,
      requestId: c.get("requestId"),
      fingerprint: sent.fingerprint,
      requestedLeaseSeconds: sent.leaseDuration,
      email: null,
      ...wishOf(c, sent),
      ...usesOf(sent),
      idempotency: await idempotencyOf(c, idempotencyKey, whoActivates(principal, sent.fingerprint)),
    };
    const grant = await ofKey(c, await activate(c.get("deployment"), hints, key, call));
    // A device that activates anew is its license's client again, whoever its last token was signed for.
    const recipient = recipientOf(known, known.principal.kind === "management");
    const issued = await issueActivationToken(c.get("deployment"), grant, sent, recipient, momentOf(c));
    if (!issued.ok) await withdraw(c.get("deployment"), call, grant);
    return c.json({ activationToken: clientValueOf(issued) }, 201);
  })
  .patch("/:id", body, validBody(clientBody, "client"), async (c) => {
    const sent = c.req.valid("json");
    const key = keyIn(sent.key);
    const known = await callerOf(c);
    const call = {
      principal: principalOf(known),
      requestId: c.get("requestId"),
      activationId: idInPath(c),
      key,
      fingerprint: sent.fingerprint,
      userHash: sent.userHash,
      requestedLeaseSeconds: sent.leaseDuration,
      ...wishOf(c, sent),
      ...usesOf(sent),
    };
    const grant = await ofKey(c, await syncActivation(c.get("deployment"), call));
    const issued = await issueActivationToken(c.get("deployment"), grant, sent, recipientOf(known, true), momentOf(c));
    return c.json({ activationToken: clientValueOf(issued) });
  })
  .post("/meter-attributes/:id", body, validBody(countBody, "client"), async (c) => {
    const { increment, activationId, productId, ...sent } = c.req.valid("json");
    const key = sent.key === null ? null : keyIn(sent.key);
    const idempotencyKey = idempotencyKeyOf(c);
    const known = await callerOf(c);
    const principal = principalOf(known);
    const call: CountCall = {
      principal,
      requestId: c.get("requestId"),
      activationId: activationId.toLowerCase(),
      key,
      meterId: idInPath(c),
      productId: productId?.toLowerCase() ?? null,
      increment,
      idempotency: await idempotencyOf(c, idempotencyKey, whoActivates(principal, activationId.toLowerCase())),
    };
    const grant = await ofKey(c, await countUses(c.get("deployment"), call));
    const names = { key: sent.key ?? "", productId: productId ?? grant.license.productId };
    const isStranger = key === null && principal.kind === "anonymous";
    const recipient = isStranger ? STRANGER : recipientOf(known, true);
    const told = isStranger ? withoutDevice(grant) : grant;
    const issued = await issueActivationToken(c.get("deployment"), told, names, recipient, momentOf(c));
    return c.json({ activationToken: clientValueOf(issued) });
  })
  .post("/:id/deactivate", body, validBody(deactivationBody, "client"), async (c) => {
    const sent = c.req.valid("json");
    const key = sent.key === null ? null : keyIn(sent.key);
    const principal = principalOf(await callerOf(c));
    const { fingerprint, userHash } = sent;
    const call = { principal, requestId: c.get("requestId"), activationId: idInPath(c), key, fingerprint, userHash };
    await ofKey(c, await deactivate(c.get("deployment"), call), key === null);
    return c.json({});
  });

function keyIn(sent: string): string {
  const read = readKey(sent);
  if (!read.ok) throw malformedKey();
  return read.key;
}

function wishOf(c: Call, sent: Sent): DeviceWish {
  const productId = sent.productId.toLowerCase();
  return { productId, admitsEnded: true, device: claimsOf(sent), network: networkOf(c) };
}

/** MGMT-5: `ROOT_SECRET` mints tokens and does nothing else, not even where nobody has to be known. */
export async function callerOf(c: Call): Promise<Known> {
  await refuseRoot(c);
  return await whoCalls(c);
}

/** AUTH-2: who holds a license token, or a token that may not write activations, is as good as nobody here. */
function principalOf({ principal }: Known): Principal {
  if (principal.kind === "user") return principal;
  return principal.kind === "management" && principal.mayWriteActivations ? principal : { kind: "anonymous" };
}

/** MGMT-7. */
function recipientOf({ principal, withholdsUser, mayReadLicense }: Known, mayWithhold: boolean): ClientRecipient {
  return {
    withholdsUser: mayWithhold && withholdsUser,
    withholdsKey: principal.kind === "management" && !mayReadLicense,
  };
}

/**
 * MGMT-7: ids of activations are in lists and events, so whoever knows no more than one learns neither the key nor
 * which device it is, nor whose.
 */
const STRANGER: ClientRecipient = { withholdsUser: true, withholdsKey: true };

function withoutDevice(grant: Grant): Grant {
  const { statement } = grant;
  if (statement === undefined) return grant;
  const unknown = { os: null, email: null, licenseMetadata: [], activationMetadata: [] };
  return { ...grant, fingerprint: "", statement: { ...statement, ...unknown } };
}

/** MGMT-4: a signed-in person, a token, else the device; the license is the object's that keeps the outcome. */
function whoActivates(principal: Principal, fingerprint: string): readonly string[] {
  switch (principal.kind) {
    case "user":
      return ["user", principal.issuer, principal.subject];
    case "management":
      return ["token", principal.tokenId];
    default:
      return ["anonymous", fingerprint];
  }
}

/**
 * LIM-1: a key that nobody has is a miss, and so is one that is not this activation's. Where no key came along, the
 * fingerprint stands for it.
 */
async function ofKey<T>(c: Call, outcome: Outcome<T>, isByFingerprint = false): Promise<T> {
  const code = outcome.ok ? null : outcome.refusal.code;
  const isWrong = code === "fingerprint-mismatch" && isByFingerprint;
  if (isWrong || code === "license-unknown" || code === "wrong-key") await chargeMiss(c);
  return clientValueOf(outcome);
}
