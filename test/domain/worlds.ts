/** Worlds for the tests of the rules: a license over plain maps, a day old. */

import type { NewLicense } from "../../src/domain/license/creation.ts";
import type { OutboxRow } from "../../src/domain/turn/ledger.ts";
import type { Terms } from "../../src/domain/terms/license.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { World } from "../support/world.ts";
import { CREATED, DAY, license, value } from "./samples.ts";

export const START = CREATED + DAY;
export const HOUR = 3_600_000;
export const MINUTE = 60_000;

export class MapWorld extends World {
  readonly maps: MapLedger;

  constructor(maps: MapLedger) {
    super(maps, START);
    this.maps = maps;
  }

  /** Time goes by on the machine's clock. */
  pass(ms: number): void {
    this.clock += ms;
  }

  events(): readonly OutboxRow[] {
    return this.maps.outbox();
  }

  eventTypes(): readonly string[] {
    return this.events().map(({ type }) => type);
  }

  /** Everything that is stored, to be compared with itself later. */
  stored(): unknown {
    return structuredClone([this.maps.license(), this.maps.tally(), this.rows(), this.maps.outbox()]);
  }
}

/** Leases of an hour, one seat unless said otherwise. */
export function floating(members: Partial<NewLicense> = {}, changed: Partial<Terms> = {}): MapWorld {
  const leased: Partial<NewLicense> = { type: "hosted-floating", leaseDuration: 3600, ...members };
  return new MapWorld(new MapLedger(license(leased, changed)));
}

export function nodeLocked(members: Partial<NewLicense> = {}, changed: Partial<Terms> = {}): MapWorld {
  return new MapWorld(new MapLedger(license({ type: "node-locked", ...members }, changed)));
}

/** So many new devices, each with its seat; their sessions. */
export function fill(world: MapWorld, count: number, first = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => value(world.activate(`device ${first + index}`)).activationId);
}
