/** Webhook receivers for tests: a real HTTP server that is told how to behave, also badly, and remembers what came. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Socket } from "node:net";

export type Behaviour =
  | {
      readonly do: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Answers only when it is told to, with 200 if nothing else is wanted. */
  | { readonly do: "hold"; readonly status?: number }
  | { readonly do: "hang" }
  | { readonly do: "reset" }
  /** Begins a body and breaks off. */
  | { readonly do: "die-in-body"; readonly status: number }
  /** Begins a body and never ends it. */
  | { readonly do: "hang-in-body" }
  /** A body of so many bytes. */
  | { readonly do: "long"; readonly bytes: number };

/** `next` first, one each; then by the event's id, then `otherwise`. */
export interface Script {
  readonly next?: readonly Behaviour[];
  readonly byEvent?: Readonly<Record<string, Behaviour>>;
  readonly otherwise?: Behaviour;
}

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Memory {
  readonly received: readonly Received[];
  /** The most that were unanswered at a time. */
  readonly most: number;
}

const FINE: Behaviour = { do: "answer", status: 204 };

class Receiver {
  readonly received: Received[] = [];
  most = 0;
  #open = 0;
  #next: Behaviour[] = [];
  #script: Script = {};
  #held: ServerResponse[] = [];
  #watchers: (() => void)[] = [];

  follow(script: Script): void {
    this.#script = script;
    this.#next = [...(script.next ?? [])];
  }

  /** Those that are held now, oldest first; `most` of them. */
  release(most: number): void {
    for (const response of this.#held.splice(0, most)) response.end("ok");
  }

  /** Resolves when so many requests have come. */
  async atLeast(count: number): Promise<void> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async take(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    this.#open += 1;
    this.most = Math.max(this.most, this.#open);
    response.on("close", () => (this.#open -= 1));
    const body = await bodyOf(request);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    this.received.push({ method: request.method ?? "", path, headers, body });
    for (const watcher of this.#watchers.splice(0)) watcher();
    this.#behave(this.#behaviourFor(headers["webhook-id"] ?? ""), request, response);
  }

  #behaviourFor(eventId: string): Behaviour {
    return this.#next.shift() ?? this.#script.byEvent?.[eventId] ?? this.#script.otherwise ?? FINE;
  }

  #behave(behaviour: Behaviour, { socket }: IncomingMessage, response: ServerResponse): void {
    switch (behaviour.do) {
      case "answer":
        response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body);
        return;
      case "hold":
        response.statusCode = behaviour.status ?? 200;
        this.#held.push(response);
        return;
      case "hang":
        return;
      case "reset":
        if (socket instanceof Socket) socket.resetAndDestroy();
        return;
      case "die-in-body":
        response.writeHead(behaviour.status, { "content-length": "1000" });
        response.write("half of", () => socket.destroy());
        return;
      case "hang-in-body":
        response.writeHead(200, { "content-length": "1000" }).write("half of");
        return;
      case "long":
        response.writeHead(200).end("x".repeat(behaviour.bytes));
    }
  }
}

export interface RunningReceivers {
  readonly url: string;
  stop(): Promise<void>;
}

/** `POST /new` makes a receiver; `POST /<id>/-/<order>` is for the test; everything else under `/<id>` is received. */
export async function startWebhookReceivers(): Promise<RunningReceivers> {
  const receivers = new Map<string, Receiver>();
  const server = createServer((request, response) => {
    route(receivers, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${address.port}`, stop };
}

async function route(
  receivers: Map<string, Receiver>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, id = "", ...rest] = (request.url ?? "").split("/");
  if (id === "new") {
    const name = `receiver-${receivers.size + 1}`;
    receivers.set(name, new Receiver());
    response.end(JSON.stringify({ url: `http://${request.headers.host ?? ""}/${name}` }));
    return;
  }
  const receiver = receivers.get(id.replace(/\?.*$/, ""));
  if (receiver === undefined) {
    response.writeHead(404).end();
  } else if (rest[0] === "-") {
    response.end(JSON.stringify((await obey(receiver, rest[1] ?? "", await bodyOf(request))) ?? null));
  } else {
    await receiver.take(request, response, request.url ?? "");
  }
}

async function obey(receiver: Receiver, order: string, body: string): Promise<unknown> {
  const { received, most } = receiver;
  switch (order) {
    case "follow":
      return receiver.follow(JSON.parse(body) as Script);
    case "release":
      return receiver.release(JSON.parse(body) as number);
    case "atLeast":
      return await receiver.atLeast(JSON.parse(body) as number);
    default:
      return { received, most } satisfies Memory;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  return body;
}
