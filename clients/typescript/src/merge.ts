/** Which of two tokens of a device is the newer (STO-3). */

import { type Claims, signedAt } from "./token.ts";

type Dated = Pick<Claims, "sid" | "iat" | "server_time" | "gen">;

/** The later signed time, then the higher `gen` of one session, then what is stored. */
export function newer(stored: Dated | null, incoming: Dated): "stored" | "incoming" {
  if (stored === null) return "incoming";
  const later = signedAt(incoming) - signedAt(stored);
  if (later !== 0) return later > 0 ? "incoming" : "stored";
  return incoming.sid === stored.sid && (incoming.gen ?? 0) > (stored.gen ?? 0) ? "incoming" : "stored";
}
