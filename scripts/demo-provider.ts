/**
 * The identity provider of `npm run start:oidc`: two demo people, on this machine alone, for as long as the server
 * runs.
 */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { passwordProvider, type Person } from "./password-provider.ts";

/** The demo app's id; its ID tokens and its access tokens are both for it. */
const APP = "leasehold-demo";
const ALGORITHM = "ES256";
const TOKEN_SECONDS = 3_600;

const PEOPLE: readonly Person[] = [
  { name: "ada", password: "ada-demo", claims: { email: "ada@example.com", email_verified: true, roles: [] } },
  {
    name: "grace",
    password: "grace-demo",
    claims: { email: "grace@example.com", email_verified: true, roles: ["admin"] },
  },
];

export class DemoProvider {
  readonly issuer: string;
  readonly #server: Server;

  private constructor(issuer: string, server: Server) {
    this.issuer = issuer;
    this.#server = server;
  }

  /** Listens on the loopback interface; rejects if the port is taken. Its keys are new at every start. */
  static async start(port: number): Promise<DemoProvider> {
    const issuer = `http://127.0.0.1:${port}`;
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const provider = passwordProvider({
      issuer,
      keys: [{ ...(await exportJWK(privateKey)), kid: `demo-${Date.now()}`, alg: ALGORITHM, use: "sig" }],
      people: PEOPLE,
      apps: [{ id: APP, idTokenAlgorithm: ALGORITHM }],
      apiOf: () => ({ audience: APP, accessTokenAlgorithm: ALGORITHM }),
      tokenSeconds: TOKEN_SECONDS,
    });
    const server = createServer(provider.callback());
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return new DemoProvider(issuer, server);
  }

  /** What the Worker is told of it (AUTH-1). */
  get vars(): Readonly<Record<string, string>> {
    return { OIDC_ISSUER: this.issuer, OIDC_AUDIENCE: APP };
  }

  /** Who may sign in, and how: `url` and `key` are of the server and of the license that asks for it. */
  welcome(url: string, key: string): string {
    const people = PEOPLE.map(({ name, password, claims }) => {
      const role = name === "grace" ? "   role admin: may use /v3" : "";
      return `  ${name.padEnd(8)}password ${password.padEnd(14)}${String(claims.email)}${role}`;
    });
    return `Sign-in is on, with its own provider at ${this.issuer} (for development only):

${people.join("\n")}

To sign ada in, for an hour (the password grant of RFC 6749; grace likewise):

USER_TOKEN=$(curl --silent --request POST \\
  --url ${this.issuer}/token \\
  --data grant_type=password --data client_id=${APP} \\
  --data username=ada --data password=ada-demo |
  node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).access_token')

To activate the license that asks for sign-in, as ada:

curl --request POST \\
  --url ${url}/api/v1/activations/license \\
  --header "Authorization: Bearer $USER_TOKEN" \\
  --header 'Content-Type: application/json-patch+json' \\
  --data '${JSON.stringify({ activationCode: key, fingerprint: "device-1" })}'
`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
