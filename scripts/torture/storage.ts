/**
 * The files of D1 and of the objects, read beside the runtime or after its death: what is stored, whatever the API
 * says.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

export type Row = Readonly<Record<string, unknown>>;

/** One object's rows. */
export interface StoredObject {
  readonly file: string;
  readonly license: Row | null;
  readonly tally: Row | null;
  readonly activations: readonly Row[];
  readonly blocks: readonly Row[];
  readonly tombstones: readonly Row[];
  readonly references: number;
  readonly outbox: number;
  readonly stuck: number;
}

export interface Stored {
  readonly licenses: readonly Row[];
  readonly keys: readonly Row[];
  readonly references: readonly Row[];
  readonly activations: readonly Row[];
  readonly events: readonly Row[];
  readonly deleted: readonly Row[];
  readonly users: readonly Row[];
  /** Events of creations and e-mails that wait. */
  readonly waiting: number;
  readonly objects: readonly StoredObject[];
}

const D1_FOLDER = "d1/miniflare-D1DatabaseObject";
const WEBHOOK_FOLDER = "do/leasehold-WebhookObject";
const OBJECT_FOLDER = "do/leasehold-LicenseObject";

export function readStorage(state: string): Stored {
  const [file] = databasesIn(join(state, D1_FOLDER));
  if (file === undefined) throw new Error("D1 has no file");
  const objects = databasesIn(join(state, OBJECT_FOLDER)).flatMap((object) => reading(object, objectOf(object)) ?? []);
  return reading(file, (all) => ({
    licenses: all("SELECT * FROM licenses"),
    keys: all("SELECT * FROM license_keys"),
    references: all("SELECT * FROM external_references"),
    activations: all("SELECT * FROM activations"),
    events: all(`SELECT id, type, subject_id, sequence, request_id, body FROM ${EVENTS} ORDER BY subject_id, sequence`),
    deleted: all("SELECT * FROM deleted_licenses"),
    users: all("SELECT * FROM users"),
    waiting: all("SELECT 1 FROM outbox UNION ALL SELECT 1 FROM user_email_jobs").length,
    objects,
  }));
}

/** Events that wait in the objects of webhooks. */
export function webhookBacklog(state: string): number {
  const waiting = databasesIn(join(state, WEBHOOK_FOLDER)).map((file) =>
    reading(file, (all) => (has(all, "queue") ? all("SELECT 1 FROM queue").length : 0)),
  );
  return waiting.reduce((sum, count) => sum + count, 0);
}

/**
 * What is still to be done in the background, in words; none = all is quiet. Lapsed leases are over by the clock, so
 * that their rows need not be waited for; `sweeps` waits for them too.
 */
export function unrest({ waiting, objects }: Stored, { sweeps }: { readonly sweeps: boolean }): readonly string[] {
  const now = Date.now();
  const restless = objects.flatMap(({ file, outbox, stuck, tally, activations, tombstones }) => {
    const reasons = [
      ...(outbox > 0 ? ["events"] : []),
      ...(stuck > 0 ? ["stuck events"] : []),
      ...(tombstones.some((row) => row["handed_over"] === 0) ? ["a deletion"] : []),
      ...(tally !== null && tally["fence"] !== tally["fence_confirmed"] ? ["a fence"] : []),
      ...(activations.some((row) => Number(row["seq"]) <= Number(tally?.["dead_upto"])) ? ["dead rows"] : []),
      ...(sweeps && activations.some((row) => hasLapsed(row, now)) ? ["lapsed leases"] : []),
    ];
    return reasons.length === 0 ? [] : [`${file}: ${reasons.join(", ")}`];
  });
  return waiting === 0 ? restless : [`D1: ${waiting} events or e-mails`, ...restless];
}

export function hasLapsed(row: Row, now: number): boolean {
  return row["lease_end"] !== null && Number(row["lease_end"]) <= now;
}

type All = (query: string) => Row[];

function objectOf(path: string): (all: All) => StoredObject | null {
  return (all) => {
    if (!has(all, "license")) return null;
    return {
      file: path.split("/").at(-1)?.slice(0, 12) ?? path,
      license: all("SELECT * FROM license")[0] ?? null,
      tally: all("SELECT * FROM tally")[0] ?? null,
      activations: all(
        "SELECT seq, id, lease_end, released, owner, iif(holder IS NULL, NULL, hex(holder)) AS holder FROM activation ORDER BY seq",
      ),
      blocks: rowsOf(all, "lease_block"),
      tombstones: rowsOf(all, "tombstone"),
      references: rowsOf(all, "renewal_reference").length,
      outbox: all("SELECT 1 FROM outbox").length,
      stuck: rowsOf(all, "stuck").length,
    };
  };
}

/** Of a table that may not have been made. */
function rowsOf(all: All, table: string): Row[] {
  return has(all, table) ? all(`SELECT * FROM ${table}`) : [];
}

function has(all: All, table: string): boolean {
  return all(`SELECT 1 FROM sqlite_master WHERE name = '${table}'`).length > 0;
}

function databasesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
  return names.map((name) => join(folder, name));
}

/** All questions see one moment. */
function reading<T>(path: string, read: (all: All) => T): T {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    db.exec("BEGIN");
    return read((query) => db.prepare(query).all());
  } finally {
    db.close();
  }
}
