/** The second floor: a Worker that signs an ES256 token. */

import { signedToken } from "./token.ts";

export default {
  fetch: async () => Response.json({ licenseToken: await signedToken(crypto.randomUUID()) }),
} satisfies ExportedHandler;
