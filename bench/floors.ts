/** The floors (what the platform costs before a line of ours runs) as subjects. */

import { join } from "node:path";
import { buildFloor } from "./build.ts";
import { request } from "./http.ts";
import { FLOOR_NAMES } from "./names.ts";
import type { Subject } from "./rounds.ts";
import { serveWorker, type Server } from "./worker-server.ts";

export interface Floors {
  readonly constant: Server;
  readonly signature: Server;
  readonly insert: Server;
}

export async function serveFloors(folder: string, connections: number): Promise<Floors> {
  const serve = (name: string, objects = {}) =>
    serveWorker({ module: buildFloor(folder, name), objects }, join(folder, `${name}-data`), connections);
  return {
    constant: await serve("constant"),
    signature: await serve("signature"),
    insert: await serve("insert", { ROWS: "Rows" }),
  };
}

const WARM_UP = 50;

/** The first two floors: no object is in them. */
export function stateless({ constant, signature }: Floors): readonly Subject[] {
  const next = () => ({ request: request("GET", "/") });
  return [
    { name: FLOOR_NAMES.constant, server: constant, status: 200, warmUp: WARM_UP, next },
    { name: FLOOR_NAMES.signature, server: signature, status: 200, warmUp: WARM_UP, next },
  ];
}

/** The third floor, over so many objects, and the same without the signature. */
export function stateful({ insert }: Floors, objects: number): readonly Subject[] {
  let calls = 0;
  const path = () => `/${objects}-${(calls += 1) % objects}`;
  const more = { server: insert, status: 200, warmUp: Math.max(WARM_UP, objects) };
  return [
    {
      name: FLOOR_NAMES.insertAndSign,
      ...more,
      next: () => ({ request: request("POST", path(), { body: { activationCode: "x", fingerprint: "x" } }) }),
    },
    { name: FLOOR_NAMES.insert, ...more, next: () => ({ request: request("GET", path()) }) },
  ];
}
