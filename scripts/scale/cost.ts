/**
 * What a month costs at a size, from billed units and the platform's public prices: pure arithmetic for docs/scale.md.
 */

/** US dollars on the paid plan, and what a month includes. Public price lists, read in November 2026. */
export const PRICES = {
  base: 5,
  workerRequests: { included: 10e6, perMillion: 0.3 },
  workerCpuMs: { included: 30e6, perMillion: 0.02 },
  objectRequests: { included: 1e6, perMillion: 0.15 },
  objectGbSeconds: { included: 400e3, perMillion: 12.5 },
  objectRowsRead: { included: 25e9, perMillion: 0.001 },
  objectRowsWritten: { included: 50e6, perMillion: 1 },
  objectGbStored: { included: 5, perUnit: 0.2 },
  d1RowsRead: { included: 25e9, perMillion: 0.001 },
  d1RowsWritten: { included: 50e6, perMillion: 1 },
  d1GbStored: { included: 5, perUnit: 0.75 },
} as const;

export interface Units {
  readonly objectCalls: number;
  readonly objectRead: number;
  readonly objectWritten: number;
  readonly d1Read: number;
  readonly d1Written: number;
}

export interface Size {
  readonly name: string;
  /** Seats that are live around the clock. */
  readonly seats: number;
  readonly licenses: number;
}

/** What is assumed of everybody; docs/scale.md says so. */
export const ASSUMED = {
  /** Of a month. */
  hours: 730,
  days: 30.4,
  /** A client renews when half its lease is over, a twentieth earlier on average (TOK-6, LEASE-7). */
  renewalsPerLease: 2 / 0.95,
  /** Starts and ends of the app, per seat. */
  startsPerDay: 1,
  /** New licenses in a month, of those that exist. */
  newLicenses: 0.02,
  cpuMsPerRequest: 2,
  /** An object's wall time per call, and per call that hands over to D1, which it waits for. */
  objectSeconds: 0.005,
  handOverSeconds: 0.08,
  objectGb: 0.128,
  /** Rows that go with an event when the log lets go of it: its own and its indexes'. */
  rowsPerForgottenEvent: 4,
  objectKb: 120,
  d1KbPerLicense: 5,
  d1KbPerSeat: 1,
  d1KbPerEvent: 1.2,
} as const;

export type Costs = Readonly<Record<string, Units>>;

export interface Month {
  readonly requests: number;
  readonly renewalsPerSecond: number;
  readonly objectRowsWritten: number;
  readonly d1RowsWritten: number;
  readonly dollars: number;
}

/** A month of a size, with leases of so many hours. */
export function monthOf({ seats, licenses }: Size, leaseHours: number, costs: Costs): Month {
  const renewals = (seats * ASSUMED.hours * ASSUMED.renewalsPerLease) / leaseHours;
  const starts = seats * ASSUMED.days * ASSUMED.startsPerDay;
  const born = licenses * ASSUMED.newLicenses;
  const calls = [
    { times: renewals, units: unitsOf(costs, "renewal"), events: 0 },
    { times: starts, units: unitsOf(costs, "activation"), events: 1 },
    { times: starts, units: unitsOf(costs, "check-out"), events: 1 },
    { times: born, units: unitsOf(costs, "creation"), events: 1 },
    { times: born, units: unitsOf(costs, "birth"), events: 2 },
  ];
  const total = (unit: keyof Units) => calls.reduce((sum, { times, units }) => sum + times * units[unit], 0);
  const requests = calls.reduce((sum, { times }) => sum + times, 0);
  const events = calls.reduce((sum, { times, events: told }) => sum + times * told, 0);
  const handOvers = starts * 2 + born;
  const seconds = requests * ASSUMED.objectSeconds + handOvers * ASSUMED.handOverSeconds;
  const d1RowsWritten = total("d1Written") + events * ASSUMED.rowsPerForgottenEvent;
  const d1Gb =
    (licenses * ASSUMED.d1KbPerLicense + seats * ASSUMED.d1KbPerSeat + Math.min(events, 3e6) * ASSUMED.d1KbPerEvent) /
    1e6;
  const dollars =
    PRICES.base +
    priced(PRICES.workerRequests, requests) +
    priced(PRICES.workerCpuMs, requests * ASSUMED.cpuMsPerRequest) +
    priced(PRICES.objectRequests, total("objectCalls")) +
    priced(PRICES.objectGbSeconds, seconds * ASSUMED.objectGb) +
    priced(PRICES.objectRowsRead, total("objectRead")) +
    priced(PRICES.objectRowsWritten, total("objectWritten")) +
    priced(PRICES.d1RowsRead, total("d1Read")) +
    priced(PRICES.d1RowsWritten, d1RowsWritten) +
    stored(PRICES.objectGbStored, (licenses * ASSUMED.objectKb) / 1e6) +
    stored(PRICES.d1GbStored, d1Gb);
  return {
    requests,
    renewalsPerSecond: renewals / (ASSUMED.hours * 3600),
    objectRowsWritten: total("objectWritten"),
    d1RowsWritten,
    dollars,
  };
}

function unitsOf(costs: Costs, what: string): Units {
  const units = costs[what];
  if (units === undefined) throw new Error(`no units of "${what}"`);
  return units;
}

function priced(
  { included, perMillion }: { readonly included: number; readonly perMillion: number },
  used: number,
): number {
  return (Math.max(0, used - included) / 1e6) * perMillion;
}

function stored({ included, perUnit }: { readonly included: number; readonly perUnit: number }, used: number): number {
  return Math.max(0, used - included) * perUnit;
}
