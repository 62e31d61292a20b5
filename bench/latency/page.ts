/** `docs/latency.md`: what a device waits, computed from round trips, distances and measured times. Pure. */

import { FLOOR_NAMES, OUR_NAMES } from "../names.ts";
import { table } from "../report.ts";
import type { CallTrips, Results, RoundsResult } from "../results.ts";
import { spreadOf } from "../stats.ts";
import { subjectNamed } from "../targets.ts";
import { CITIES, kilometres, nearest, type Place, regionOf, type Region, REGIONS, roundTripMs } from "./places.ts";
import { longestPath, pathText, type Route, type Trip } from "./trips.ts";

export const PAGE = "docs/latency.md";

/** Where D1 is, and the server that this design is compared with. */
const HOME = regionOf("enam");
/** Assumed: there and back between a device and the network of its city. */
const ACCESS_MS = 10;
/** Assumed: what a round trip takes at its two ends, whatever the distance. */
const HOP_MS = 1;
/** A new connection is TCP's round trip, TLS 1.3's, and the call's own. */
const TRIPS_OF_NEW_CONNECTION = 3;

/** The calls that have a table. */
const SHOWN = [OUR_NAMES.renew, OUR_NAMES.activate, OUR_NAMES.birth, OUR_NAMES.see];

export function latencyPage({ unloaded, trips }: Results): string {
  if (unloaded === undefined || trips === undefined) {
    return `# What a device waits\n\nNot measured yet: \`npm run bench -- --only unloaded --only trips\`.\n`;
  }
  const calls = trips.calls.map((call) => ({ ...call, ms: medianMs(unloaded, call.name) }));
  const floorMs = medianMs(unloaded, FLOOR_NAMES.insertAndSign);
  const shown = SHOWN.flatMap((name) => calls.find((call) => call.name === name) ?? []);
  const parts = [
    HEAD,
    `## Round trips\n\n${ROUND_TRIPS}\n\n${callsTable(calls)}`,
    `## Distances\n\n${DISTANCES}\n\n${distancesTable()}`,
    `## What a device waits\n\n${waitsIntro(floorMs)}`,
    ...shown.map((call) => `### ${call.name}\n\n${waitsTable(call, floorMs)}`),
    ...calls.filter(({ name }) => name === OUR_NAMES.renew).map((call) => elsewherePart(call, floorMs)),
    LIMITS,
  ];
  return `${parts.join("\n\n")}\n`;
}

type TimedCall = CallTrips & { readonly ms: number };

const HEAD = `# What a device waits

Computed, not measured across the world: from the round trips of each call and the time it takes on one machine, which \`npm run bench\` measures ([benchmarks.md](benchmarks.md)), and from distances. The page is made by \`npm run latency\`; \`npm run latency -- --check\` says whether it still is what those give.

Three places decide. The Worker runs near whoever calls. A license's object was made near whoever first used that license, and stays there. D1 is in one region; in this page that is ${HOME.name}, and so is the server that each table compares with.`;

const ROUND_TRIPS = `What a call waits for before its answer, in sequence; in brackets what the object asks of D1 before it answers, and at the end what is asked beside something else. "Warm" is a call in an isolate that has served others. "Cold" is the first call of a new isolate, with the object asleep; that call's own time is beside it. Own times are medians of one connection on the machine of benchmarks.md, with D1 and the objects in the same process; those of a first call have the start of the object's database in them.`;

function callsTable(calls: readonly TimedCall[]): string {
  const rows = calls.map(({ name, warm, cold, ms, coldMs }) => [
    ...[name, pathText(warm), ms.toFixed(1), pathText(cold), spreadOf(coldMs).median.toFixed(1)],
  ]);
  return table(["call", "warm", "own ms", "cold", "own ms, cold"], rows);
}

const DISTANCES = `Kilometres are great circles between city centres (coordinates to a hundredth of a degree, as GeoNames has them). Milliseconds there and back follow the planning rule of ITU-T Recommendation Y.1541 (appendix III): a route is half as long again as the air line up to 1,000 km, and a quarter longer from 1,200 km on; light takes 5 µs for each kilometre of it. Real routes bend more, so real times are longer, for both designs. An object is made in the nearest of the regions where the platform makes objects; which city a region is, the platform does not say: ${REGIONS.map(({ hint, name }) => `\`${hint}\` is taken to be ${name}`).join(", ")}.`;

function distancesTable(): string {
  const rows = CITIES.map((city) => {
    const near = nearest(city);
    return [
      city.name,
      `${near.hint}, ${near.name}`,
      ...[near, HOME].flatMap((place) => [
        Math.round(kilometres(city, place)).toLocaleString("en"),
        roundTripMs(city, place).toFixed(0),
      ]),
    ];
  });
  return table(["device in", "object in", "km", "ms", `km to ${HOME.name}`, "ms to it"], rows);
}

function waitsIntro(floorMs: number): string {
  return `In milliseconds. A device has ${ACCESS_MS} ms there and back to its city's network (assumed), where this design answers from; each round trip takes ${HOP_MS} ms at its ends (assumed). Open: the connection is open and the isolate warm, as while an app is busy. New: a new connection to a warm isolate, as for an app that calls once in some hours; that is ${TRIPS_OF_NEW_CONNECTION} round trips of the device (TCP, TLS 1.3, the call). Cold: a new connection to a new isolate, with the object asleep. The server is always running, has its database beside it and needs ${floorMs.toFixed(1)} ms, what the third floor of benchmarks.md takes: no server that stores and signs takes less.`;
}

function waitsTable(call: TimedCall, floorMs: number): string {
  const rows = CITIES.map((city) => [
    city.name,
    ...(["open", "new", "cold"] as const).map((start) => ours(call, city, nearest(city), start).toFixed(0)),
    ...(["open", "new"] as const).map((start) => theirs(city, floorMs, start).toFixed(0)),
  ]);
  return table(["device in", "open", "new", "cold", `server in ${HOME.name}: open`, "new"], rows);
}

function elsewherePart(call: TimedCall, floorMs: number): string {
  const rows = CITIES.map((city) => [
    city.name,
    ...REGIONS.map((region) => ours(call, city, region, "open").toFixed(0)),
    theirs(city, floorMs, "open").toFixed(0),
  ]);
  const head = ["device in", ...REGIONS.map(({ hint }) => hint), `server in ${HOME.name}`];
  return `### ${call.name}, where the license was first used elsewhere

A license whose seats are spread over the world has one object. Who is far from it waits for the way there, as for a server in that region; \`region\` of a license names another region before its first use. The connection is open and the isolate warm; by the object's region:

${table(head, rows)}`;
}

const LIMITS = `## What this leaves out

- Bends of real routes, queues and lost packets, radio of phones (tens of milliseconds more in each column), name look-ups, and proxies that open TLS.
- The processors of the edge: own times are those of the machine that measured. They are small beside the ways.
- Where the platform really puts an isolate, an object or D1. It can move a caller to another city when one is full.
- How often a call is cold. An isolate in a city that seldom calls is new more often than one in a large city; an object sleeps some seconds after its last call.
- Read replicas of D1, which this design does not use.`;

/** `open`: a connection. `new`: none yet. `cold`: no isolate either. */
type Start = "open" | "new" | "cold";

function ours({ warm, cold, ms, coldMs }: TimedCall, city: Place, region: Region, start: Start): number {
  const ways: Readonly<Record<Route, number>> = {
    "worker to object": roundTripMs(city, region) + HOP_MS,
    "worker to D1": roundTripMs(city, HOME) + HOP_MS,
    "object to D1": roundTripMs(region, HOME) + HOP_MS,
  };
  const path = (trips: readonly Trip[]) => longestPath(trips, (route) => ways[route]).cost;
  const inside = start === "cold" ? path(cold) + spreadOf(coldMs).median : path(warm) + ms;
  return deviceTrips(start) * ACCESS_MS + inside;
}

function theirs(city: Place, floorMs: number, start: Start): number {
  return deviceTrips(start) * (ACCESS_MS + roundTripMs(city, HOME)) + HOP_MS + floorMs;
}

function deviceTrips(start: Start): number {
  return start === "open" ? 1 : TRIPS_OF_NEW_CONNECTION;
}

function medianMs(result: RoundsResult, name: string): number {
  const { waits } = subjectNamed(result, name);
  if (waits === undefined) throw new Error(`what "${name}" waits was not measured`);
  return spreadOf(waits.medians).median;
}
