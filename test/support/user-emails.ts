/** Users whose e-mails change, and a way to their licenses on which something happens (SNAP-1). */

import { env } from "cloudflare:workers";
import type { UserEmail } from "../../src/domain/license/calls.ts";
import { changeUser } from "../../src/operations/catalogue/change-user.ts";
import { createUser } from "../../src/operations/catalogue/create-user.ts";
import type { Deployment } from "../../src/operations/deployment.ts";
import { readLicense } from "../../src/operations/license/read-license.ts";
import type { User } from "../../src/registry/rows/users.ts";
import { deployment } from "./shop.ts";

export const SHOP = { actor: { type: "system", id: "cron" }, requestId: "test" } as const;
let made = 0;

export async function newUser(): Promise<User> {
  made += 1;
  const wanted = { email: `first.${made}@example.test`, firstName: null, lastName: null, company: null, metadata: [] };
  const user = await createUser(await deployment(), wanted, SHOP, Date.now());
  if (!user.ok) throw new Error(user.refusal.code);
  return user.value;
}

/** The change and its job; nothing carries it yet. */
export async function rename(user: User, email: string): Promise<User> {
  const changed = await changeUser(await deployment(), user.id, { email, fixed: {} }, SHOP, Date.now());
  if (!changed.ok || changed.value === null) throw new Error("the user was not changed");
  return changed.value;
}

export async function job(user: User): Promise<unknown> {
  return await env.DB.prepare("SELECT attempts, due_at AS dueAt FROM user_email_jobs WHERE user_id = ?")
    .bind(user.id)
    .first();
}

/** As the license's object says, or D1 before its birth. */
export async function emailOf(license: { readonly id: string }): Promise<string | undefined> {
  const found = await readLicense(await deployment(), license.id);
  return found.ok ? found.value.license.terms.user?.email : undefined;
}

export type Tell = (licenseId: string, email: UserEmail) => Promise<"fail" | "go on">;

/** The deployment, with something happening on the way to a license. */
export async function along(tell: Tell): Promise<Deployment> {
  const stores = await deployment();
  const failing = { reached: "license", outcome: { ok: false, refusal: { code: "storage-unavailable" } } } as const;
  return {
    ...stores,
    licenses: {
      at: (locator) => ({
        ...stores.licenses.at(locator),
        setUserEmail: async (id, email) =>
          (await tell(id, email)) === "fail" ? failing : await stores.licenses.at(locator).setUserEmail(id, email),
      }),
    },
  };
}
