/**
 * One variant of the conventional server, running on a database of its own: its licenses by SQL, its calls over HTTP.
 */

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "../http.ts";
import { type Call, Connections } from "../load.ts";
import { documentOf, type License, type Session } from "../shop.ts";
import type { Server } from "../worker-server.ts";
import type { Cluster } from "./cluster.ts";

const SCHEMA = "bench/rivals/schema.sql";
const SERVER = "bench/rivals/server.ts";
const PRODUCT = "01999999-9999-7999-8999-999999999999";
const DAY_SECONDS = 86_400;
const UNLIMITED = 100_000_000;

export const VARIANTS = { lock: "row lock", count: "count, then insert" } as const;
type Variant = keyof typeof VARIANTS;
type Insert = (licenses: readonly License[], seats: number) => Promise<unknown>;

/** What the three contestants have in common: licenses to sell, and calls for them. */
export interface Contestant {
  readonly name: string;
  readonly server: Server;
  sell(count: number, seats?: number): Promise<License[]>;
  activate(license: License, fingerprint: string, onSession?: (session: Session) => void): Call;
  renew(session: Session): Call;
}

export class Rival implements Contestant {
  readonly name: string;
  readonly server: Server;
  readonly #insert: Insert;

  static async start(cluster: Cluster, variant: Variant, connections: number): Promise<Rival> {
    await cluster.query("postgres", `CREATE DATABASE ${variant}_variant`);
    const database = `${variant}_variant`;
    await cluster.query(database, readFileSync(SCHEMA, "utf8"));
    const child = spawn(process.execPath, [SERVER, variant, cluster.host, database], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    process.once("exit", () => child.kill());
    const [printed]: unknown[] = await once(child.stdout, "data");
    const port = Number(String(printed));
    const opened = await Connections.open(port, connections);
    const server: Server = {
      port,
      pids: [child.pid ?? 0, cluster.pid],
      connections: opened,
      stop: async () => {
        opened.close();
        child.kill();
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      },
    };
    return new Rival(`${VARIANTS[variant]}`, server, (licenses, seats) => {
      const rows = licenses.map(({ id, key }) => `('${id}', '${key}', '${PRODUCT}', ${seats}, ${DAY_SECONDS})`);
      const into = "INSERT INTO license (id, key, product_id, seats, lease_seconds) VALUES";
      return cluster.query(database, `${into} ${rows.join(", ")}`);
    });
  }

  private constructor(name: string, server: Server, insert: Insert) {
    this.name = name;
    this.server = server;
    this.#insert = insert;
  }

  async sell(count: number, seats = UNLIMITED): Promise<License[]> {
    const licenses = Array.from({ length: count }, () => ({ id: randomUUID(), key: randomUUID() }));
    await this.#insert(licenses, seats);
    return licenses;
  }

  activate(license: License, fingerprint: string, onSession?: (session: Session) => void): Call {
    const sent = request("POST", "/activations", { body: { activationCode: license.key, fingerprint } });
    if (onSession === undefined) return { request: sent };
    return { request: sent, onBody: (body) => onSession({ license, fingerprint, ...documentOf(body) }) };
  }

  renew(session: Session): Call {
    const sent = request("POST", `/activations/${session.sessionId}/renew`, { bearer: session.licenseToken });
    return { request: sent, onBody: (body) => Object.assign(session, documentOf(body)) };
  }
}
