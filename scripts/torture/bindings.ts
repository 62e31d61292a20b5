/** What the Worker is bound to, as wrangler.toml says, in Miniflare's words. */

import { unstable_readConfig } from "wrangler";

export interface Bindings {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Binding to database name. */
  readonly databases: Readonly<Record<string, string>>;
  /** Binding to class. */
  readonly objects: Readonly<Record<string, string>>;
  readonly rateLimits: Readonly<Record<string, RateLimit>>;
}

interface RateLimit {
  readonly namespace_id: string;
  readonly simple: { readonly limit: number; readonly period: 10 | 60 };
}

/** The members that are read here; wrangler's own types name packages that it does not bring. */
interface Configured {
  readonly compatibility_date?: string | undefined;
  readonly compatibility_flags?: readonly string[];
  readonly d1_databases: readonly { readonly binding: string; readonly database_name?: string }[];
  readonly durable_objects: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
  readonly ratelimits: readonly (RateLimit & { readonly name: string })[];
}

export function configuredBindings(): Bindings {
  const configured: Configured = unstable_readConfig({ config: "wrangler.toml" });
  const { compatibility_date: date = "", compatibility_flags: flags = [] } = configured;
  return {
    compatibilityDate: date,
    compatibilityFlags: flags,
    databases: Object.fromEntries(configured.d1_databases.map((each) => [each.binding, each.database_name ?? ""])),
    objects: Object.fromEntries(configured.durable_objects.bindings.map((each) => [each.name, each.class_name])),
    rateLimits: Object.fromEntries(
      configured.ratelimits.map(({ name, namespace_id, simple }) => [name, { namespace_id, simple }]),
    ),
  };
}
