/**
 * The variables about webhooks, the event log and the Worker's own log (HOOK-3, EVT-4, OBS-1). Text is without
 * surrounding white space; null = not set.
 */

import type { Parsed } from "./text.ts";

const MOST_PORTS = 20;
const LARGEST_PORT = 65_535;
const DAYS = { least: 1, most: 3_650, unset: 30 } as const;
/** At most: what D1 has room for (10 GB, at 2 KB and two or three indexes each), both tables full. */
const EVENTS = { least: 1_000, most: 3_000_000, unset: 3_000_000 } as const;
const MANAGEMENT_EVENTS = { least: 1_000, most: 1_000_000, unset: 1_000_000 } as const;

export function parsePorts(text: string | null): Parsed<readonly number[]> {
  const ports = (text ?? "").split(",").map((port) => port.trim());
  if (text === null) return { value: [] };
  if (ports.length > MOST_PORTS) return { fault: `It has more than ${MOST_PORTS} ports.` };
  if (ports.every(isPort)) return { value: ports.map(Number) };
  return { fault: "Set it to ports other than 443, separated by commas, for example `8443`, or remove it." };
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= LARGEST_PORT;
}

/** From 0 to 1, with up to six decimals. */
export function parseShare(text: string | null): Parsed<number> {
  if (text === null) return { value: 1 };
  if (/^(0|1|0?\.\d{1,6}|1\.0{1,6})$/.test(text)) return { value: Number(text) };
  return { fault: "Set it to a number from 0 to 1, for example `0.1`, or remove it." };
}

export function parseEventDays(text: string | null): Parsed<number> {
  return bounded(text, DAYS);
}

export function parseEventNumber(text: string | null): Parsed<number> {
  return bounded(text, EVENTS);
}

export function parseManagementEventNumber(text: string | null): Parsed<number> {
  return bounded(text, MANAGEMENT_EVENTS);
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly unset: number;
}

function bounded(text: string | null, { least, most, unset }: Bounds): Parsed<number> {
  if (text === null) return { value: unset };
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= least && number <= most) return { value: number };
  return { fault: `Set it to a whole number from ${least} to ${most}, or remove it.` };
}
