/** HTTP/1.1 requests as text, for the load. */

export interface Sent {
  readonly bearer?: string;
  /** Sent as JSON; absent = no body. */
  readonly body?: object;
}

export function request(method: "GET" | "POST", path: string, { bearer, body }: Sent = {}): string {
  const text = body === undefined ? "" : JSON.stringify(body);
  const head = [`${method} ${path} HTTP/1.1`, "Host: localhost"];
  if (bearer !== undefined) head.push(`Authorization: Bearer ${bearer}`);
  if (body !== undefined) head.push("Content-Type: application/json");
  if (method === "POST") head.push(`Content-Length: ${Buffer.byteLength(text)}`);
  return `${head.join("\r\n")}\r\n\r\n${text}`;
}
