/**
 * Where a webhook may be sent (HOOK-3): asked when its URL is set, and again before each delivery. Pure. Names are not
 * looked up here: in production the platform's network leads to nothing but public addresses.
 */

import { addressOf, isPublic } from "./addresses.ts";

export interface TargetOptions {
  /** Plain http to a loopback host is allowed, on any port. */
  readonly development: boolean;
  /** Ports beside 443. */
  readonly ports: readonly number[];
}

/** Characters of a webhook's URL (docs/webhooks.md). */
const LONGEST_URL = 256;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Names that mean this machine or this network wherever they are looked up. */
const LOCAL_NAMES = ["localhost", "local", "internal", "home.arpa", "lan", "intranet", "corp", "home", "localdomain"];

/** What is wrong with the URL, for a person; null = nothing. */
export function targetFault(text: string, { development, ports }: TargetOptions): string | null {
  if (text.length > LONGEST_URL) return `has more than ${LONGEST_URL} characters`;
  const url = parsed(text);
  if (url === null) return "is no absolute URL";
  if (url.username !== "" || url.password !== "") return "has a user or a password";
  if (text.includes("#")) return "has a fragment";
  if (development && url.protocol === "http:" && LOOPBACK.test(url.hostname)) return null;
  if (url.protocol !== "https:") return "is not https";
  if (url.port !== "" && !ports.includes(Number(url.port)))
    return `is on port ${url.port}, which WEBHOOK_PORTS does not name`;
  return hostFault(url.hostname);
}

function parsed(text: string): URL | null {
  // The parser forgives what is around and inside; what is stored should be what is meant.
  return /^[a-z][a-z0-9+.-]*:\/\/[^\s\\]+$/i.test(text) && URL.canParse(text) ? new URL(text) : null;
}

/** `host` as the URL standard writes it, in lower case. */
function hostFault(host: string): string | null {
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  const address = addressOf(name);
  if (address !== null) return isPublic(address) ? null : NOT_PUBLIC;
  if (LOCAL_NAMES.some((local) => name === local || name.endsWith(`.${local}`))) return NOT_PUBLIC;
  const labels = name.split(".");
  if (labels.length < 2) return NOT_PUBLIC;
  return labels.every((label) => label !== "" && label.length <= 63) ? null : "names no host";
}

const NOT_PUBLIC = "names a host that is not public";
