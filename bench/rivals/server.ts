/**
 * A conventional license server: Fastify, PostgreSQL and jose. One process: `bench/rivals/server.ts VARIANT
 * SOCKET_FOLDER DATABASE`, which prints its port. `lock` takes the license's row first; `count` counts the seats and
 * inserts, as several products do, and trusts that nothing happens in between.
 */

import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import Fastify from "fastify";
import { importJWK, jwtVerify, SignJWT, type CryptoKey } from "jose";
import pg from "pg";

const [variant = "", host = "", database = ""] = process.argv.slice(2);
const POOL = 16;
const pool = new pg.Pool({ host, database, user: "bench", max: POOL, idleTimeoutMillis: 0 });
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const privateKey = await keyOf(pair.privateKey);
const publicKey = await keyOf(pair.publicKey);

const activation = {
  type: "object",
  required: ["activationCode", "fingerprint"],
  properties: {
    activationCode: { type: "string", minLength: 1, maxLength: 256 },
    fingerprint: { type: "string", minLength: 1, maxLength: 1024 },
    email: { type: "string", maxLength: 320 },
    hostname: { type: "string", maxLength: 256 },
  },
} as const;

interface LicenseRow {
  readonly id: string;
  readonly product_id: string;
  readonly seats: number;
  readonly lease_seconds: number;
  readonly expires_at: Date | null;
  readonly suspended: boolean;
  readonly revoked: boolean;
}

interface Refused {
  readonly status: number;
  readonly code: string;
}

interface Granted {
  readonly sessionId: string;
  readonly license: LicenseRow;
  readonly leaseEndsAt: Date;
}

const app = Fastify();

app.post<{ Body: { activationCode: string; fingerprint: string } }>(
  "/activations",
  { schema: { body: activation } },
  async ({ body }, reply) => {
    const outcome = await inTransaction((client) => activate(client, body.activationCode, body.fingerprint));
    if ("code" in outcome) return reply.code(outcome.status).send({ code: outcome.code });
    return document(outcome, await sign(outcome, body.fingerprint));
  },
);

app.post<{ Params: { id: string } }>("/activations/:id/renew", async ({ params, headers }, reply) => {
  const token = (headers.authorization ?? "").replace(/^Bearer /, "");
  const verified = await jwtVerify(token, publicKey, { algorithms: ["ES256"] }).catch(() => null);
  if (verified?.payload.sid !== params.id) return reply.code(401).send({ code: "credentials-invalid" });
  const outcome = await inTransaction((client) => renew(client, params.id));
  if ("code" in outcome) return reply.code(outcome.status).send({ code: outcome.code });
  return document(outcome, await sign(outcome, String(verified.payload.fp)));
});

console.log(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);

async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const answer = await work(client);
    await client.query("COMMIT");
    return answer;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

async function activate(client: pg.PoolClient, key: string, fingerprint: string): Promise<Granted | Refused> {
  const lock = variant === "lock" ? " FOR UPDATE" : "";
  const found = await prepared<LicenseRow>(client, "license", `SELECT * FROM license WHERE key = $1${lock}`, [key]);
  const [license] = found;
  const refused = standing(license);
  if (license === undefined || refused !== null) return refused ?? { status: 404, code: "activation-code-unknown" };
  const [counted] = await prepared<{ used: number }>(
    client,
    "used",
    `SELECT count(*)::int AS used FROM activation WHERE license_id = $1 AND lease_ends_at > now()`,
    [license.id],
  );
  if ((counted?.used ?? 0) >= license.seats) return { status: 409, code: "seats-exhausted" };
  const [made] = await prepared<{ id: string; lease_ends_at: Date }>(
    client,
    "insert",
    `INSERT INTO activation (id, license_id, fingerprint, lease_ends_at)
     VALUES ($1, $2, $3, now() + make_interval(secs => $4))
     ON CONFLICT (license_id, fingerprint) DO UPDATE SET lease_ends_at = excluded.lease_ends_at
     RETURNING id, lease_ends_at`,
    [randomUUID(), license.id, fingerprint, license.lease_seconds],
  );
  if (made === undefined) throw new Error("nothing was inserted");
  await prepared(client, "event", `INSERT INTO event (license_id, type, data) VALUES ($1, 'activation.created', $2)`, [
    license.id,
    JSON.stringify({ activation: made.id, leaseEndsAt: made.lease_ends_at }),
  ]);
  return { sessionId: made.id, license, leaseEndsAt: made.lease_ends_at };
}

async function renew(client: pg.PoolClient, id: string): Promise<Granted | Refused> {
  const [row] = await prepared<LicenseRow & { lease_ends_at: Date }>(
    client,
    "renew",
    `UPDATE activation SET lease_ends_at = now() + make_interval(secs => lease_seconds) FROM license
     WHERE activation.id = $1 AND license.id = license_id AND lease_ends_at > now()
     RETURNING license.*, lease_ends_at`,
    [id],
  );
  const refused = standing(row);
  if (row === undefined || refused !== null) return refused ?? { status: 404, code: "session-unknown" };
  return { sessionId: id, license: row, leaseEndsAt: row.lease_ends_at };
}

function standing(license: LicenseRow | undefined): Refused | null {
  if (license === undefined) return null;
  if (license.revoked) return { status: 403, code: "license-revoked" };
  if (license.expires_at !== null && license.expires_at.getTime() <= Date.now())
    return { status: 404, code: "license-expired" };
  return license.suspended ? { status: 403, code: "license-suspended" } : null;
}

async function prepared<Row extends object>(
  client: pg.PoolClient,
  name: string,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  return (await client.query<Row>({ name, text, values: [...values] })).rows;
}

function sign({ sessionId, license, leaseEndsAt }: Granted, fingerprint: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const end = Math.floor(leaseEndsAt.getTime() / 1000);
  return new SignJWT({
    iss: "rival",
    aud: license.product_id,
    sub: license.id,
    sid: sessionId,
    jti: randomUUID(),
    server_time: now,
    iat: now - 300,
    nbf: now - 300,
    exp: end,
    products: [license.product_id],
    features: {},
    license_type: "hosted-floating",
    lease_expires_at: end,
    fp: createHash("sha256").update(fingerprint).digest("base64url"),
  })
    .setProtectedHeader({ alg: "ES256", typ: "license+jwt", kid: "rival" })
    .sign(privateKey);
}

function document({ sessionId, license, leaseEndsAt }: Granted, licenseToken: string) {
  return {
    licenseToken,
    licensedProducts: [license.product_id],
    sessionId,
    leaseExpiresAt: leaseEndsAt.toISOString(),
    serverTime: new Date().toISOString(),
  };
}

async function keyOf(key: { export(options: { format: "jwk" }): object }): Promise<CryptoKey> {
  const imported = await importJWK(key.export({ format: "jwk" }), "ES256");
  if (imported instanceof Uint8Array) throw new Error("an EC key is not symmetric");
  return imported;
}
