/** Parses vars and secrets once into a frozen `Config` (VAR-1). Nothing else reads environment variables. */

import { parseEventDays, parseEventNumber, parseManagementEventNumber, parsePorts, parseShare } from "./events.ts";
import { readOidc, type OidcTexts } from "./oidc.ts";
import { parseOrigins } from "./origins.ts";
import { given, optional, type Parsed } from "./text.ts";
import { isLoopbackHttp } from "../tokens/loopback.ts";
import type { OidcSettings } from "../tokens/oidc-verification.ts";

export type Environment = "production" | "development";
export type Jurisdiction = "eu" | "fedramp";

/** What an operator sets as vars and secrets. Every one may be missing, so none is in the generated `Env`. */
export interface Vars {
  readonly ROOT_SECRET?: string;
  readonly ROOT_SECRET_PREVIOUS?: string;
  readonly LOCATOR_KEY?: string;
  readonly ENVIRONMENT?: string;
  readonly PUBLIC_URL?: string;
  readonly JURISDICTION?: string;
  readonly RATE_LIMITS?: string;
  readonly LOG_SAMPLING?: string;
  readonly WEBHOOK_PORTS?: string;
  readonly CORS_ORIGINS?: string;
  readonly EVENT_LOG_DAYS?: string;
  readonly EVENT_LOG_EVENTS?: string;
  readonly MANAGEMENT_LOG_DAYS?: string;
  readonly MANAGEMENT_LOG_EVENTS?: string;
  readonly OIDC_ISSUER?: string;
  readonly OIDC_AUDIENCE?: string;
  readonly OIDC_ROLES_CLAIM?: string;
  readonly OIDC_TRUST_EMAIL?: string;
}

/** What the Worker is given: the bindings of `wrangler.toml` (generated), and the vars. */
export type Bindings = Env & Vars;

export interface LogLimits {
  readonly days: number;
  readonly events: number;
}

/** Holds secrets: never log it, never answer it. */
export interface Config {
  readonly rootSecret: string;
  /** While `ROOT_SECRET` rotates (CFG-3). */
  readonly previousRootSecret: string | null;
  /** base64url of 32 bytes; null = derived from the root secret. */
  readonly locatorKey: string | null;
  readonly environment: Environment;
  /** TOK-2 `iss`; without a slash at the end. */
  readonly publicUrl: string | null;
  readonly jurisdiction: Jurisdiction | null;
  /** LIM-1: always in production; in development only where `RATE_LIMITS` is `on`. */
  readonly rateLimits: boolean;
  /** OBS-1: the share of requests, 0 to 1, whose line is written; that of a 5xx always is. */
  readonly logSampling: number;
  /** HOOK-3: ports of webhooks beside 443. */
  readonly webhookPorts: readonly number[];
  /** WEB-1: whose pages may call the activation API. */
  readonly corsOrigins: readonly string[];
  /** EVT-4: what the event log keeps, whichever is less: of devices, customers and alarms, and of management. */
  readonly eventLog: LogLimits;
  readonly managementLog: LogLimits;
  /** The vendor's identity provider (AUTH-1); null = nobody signs in. */
  readonly oidc: OidcSettings | null;
}

/** What is wrong with one variable and what to do. Never contains the value. */
export interface Fault {
  readonly name: string;
  readonly detail: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const LEAST_SECRET_LENGTH = 32;
const LEAST_DIFFERENT_CHARACTERS = 8;
const PLACEHOLDERS = ["changeme", "placeholder", "example", "your-secret"];
/** 32 bytes in canonical base64url: 42 free characters and one that carries four bits. */
const THIRTY_TWO_BYTES = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/**
 * All faults at once, so that an operator repairs them in one go. Surrounding white space does not count; empty is
 * absent.
 */
export function readConfig(vars: Vars): ConfigResult {
  const faults: Fault[] = [];
  const parse = <T>(name: keyof Vars, parser: (text: string | null) => Parsed<T>): T | null => {
    const parsed = parser(given(vars[name]));
    if ("fault" in parsed) faults.push({ name, detail: parsed.fault });
    return "fault" in parsed ? null : parsed.value;
  };

  const environment = parse("ENVIRONMENT", parseEnvironment);
  const oidc = readOidc(oidcTexts(vars), { allowsLoopback: environment === "development" });
  faults.push(...oidc.faults);
  const config = {
    rootSecret: parse("ROOT_SECRET", parseRootSecret),
    previousRootSecret: parse("ROOT_SECRET_PREVIOUS", optional(parseRootSecret)),
    locatorKey: parse("LOCATOR_KEY", optional(parseLocatorKey)),
    publicUrl: parse("PUBLIC_URL", optional(parsePublicUrl(environment))),
    jurisdiction: parse("JURISDICTION", parseJurisdiction),
    rateLimits: parse("RATE_LIMITS", parseRateLimits(environment)) === true,
    logSampling: parse("LOG_SAMPLING", parseShare) ?? 1,
    webhookPorts: parse("WEBHOOK_PORTS", parsePorts) ?? [],
    corsOrigins: parse("CORS_ORIGINS", parseOrigins) ?? [],
    eventLog: {
      days: parse("EVENT_LOG_DAYS", parseEventDays) ?? 0,
      events: parse("EVENT_LOG_EVENTS", parseEventNumber) ?? 0,
    },
    managementLog: {
      days: parse("MANAGEMENT_LOG_DAYS", parseEventDays) ?? 0,
      events: parse("MANAGEMENT_LOG_EVENTS", parseManagementEventNumber) ?? 0,
    },
    oidc: oidc.settings,
  };
  if (faults.length > 0 || config.rootSecret === null || environment === null) return { ok: false, faults };
  return { ok: true, config: Object.freeze({ ...config, rootSecret: config.rootSecret, environment }) };
}

function oidcTexts(vars: Vars): OidcTexts {
  return {
    issuer: given(vars.OIDC_ISSUER),
    audience: given(vars.OIDC_AUDIENCE),
    rolesClaim: given(vars.OIDC_ROLES_CLAIM),
    trustEmail: given(vars.OIDC_TRUST_EMAIL),
  };
}

function parseRootSecret(text: string | null): Parsed<string> {
  const remedy = "Set it to at least 32 random characters, for example from `openssl rand -base64 32`.";
  if (text === null) return { fault: `It is missing. ${remedy}` };
  const characters = [...text];
  if (characters.length < LEAST_SECRET_LENGTH) return { fault: `It is shorter than 32 characters. ${remedy}` };
  const lower = text.toLowerCase();
  if (new Set(characters).size < LEAST_DIFFERENT_CHARACTERS || PLACEHOLDERS.some((word) => lower.includes(word))) {
    return { fault: `It is a placeholder, not a secret. ${remedy}` };
  }
  return { value: text };
}

function parseLocatorKey(text: string): Parsed<string> {
  if (THIRTY_TWO_BYTES.test(text)) return { value: text };
  return {
    fault: "It is not base64url of 32 bytes. Set it to exactly what `npm run locator-key` printed, or remove it.",
  };
}

function parseEnvironment(text: string | null): Parsed<Environment> {
  if (text === null || text === "production") return { value: "production" };
  if (text === "development") return { value: "development" };
  return { fault: "Set it to `production` or `development`, or remove it." };
}

function parseJurisdiction(text: string | null): Parsed<Jurisdiction | null> {
  if (text === null || text === "none") return { value: null };
  if (text === "eu" || text === "fedramp") return { value: text };
  return { fault: "Set it to `eu` or `fedramp`, or remove it." };
}

/** There is no way to turn them off in production. */
function parseRateLimits(environment: Environment | null): (text: string | null) => Parsed<boolean> {
  return (text) => {
    if (text === null || text === "on") return { value: text === "on" || environment !== "development" };
    return { fault: "Set it to `on`, or remove it." };
  };
}

function parsePublicUrl(environment: Environment | null): (text: string) => Parsed<string> {
  return (text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    const isLoopback = environment === "development" && url !== null && isLoopbackHttp(url);
    if (url === null || (url.protocol !== "https:" && !isLoopback))
      return { fault: "Set it to an https URL, or remove it." };
    if (url.username !== "" || url.password !== "" || /[?#]/.test(text)) {
      return { fault: "Write it without a user, query or fragment: tokens carry it as their issuer." };
    }
    // Verifiers compare issuers as strings, so that the two spellings must not both exist.
    return text.endsWith("/") ? { fault: "Write it without the slash at the end." } : { value: text };
  };
}
