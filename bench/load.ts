/**
 * The load: a fixed number of connections, each of which sends its next call when the last one has been answered.
 * Plain sockets, and a parser for the few things that our answers have, so that the core it runs on is not the limit;
 * how busy it was is measured beside the servers.
 */

import { connect, type Socket } from "node:net";

/** One HTTP/1.1 request, and who wants to know the answer's body, or its head. */
export interface Call {
  readonly request: string;
  readonly onBody?: (body: string, head: string) => void;
}

export interface Load {
  /** Null: there are no more calls. */
  readonly next: () => Call | null;
  /** The status that every answer must have; or else this one, of which `onBody` does not hear. */
  readonly status: number;
  readonly orStatus?: number;
  /** No call begins after so long, or after so many. */
  readonly forMs?: number;
  readonly calls?: number;
}

export interface Loaded {
  readonly calls: number;
  readonly seconds: number;
  /** What each call waited, from its first byte to the answer's last one. */
  readonly milliseconds: readonly number[];
}

/** Connections to one server, kept open from load to load. */
export class Connections {
  readonly #clients: readonly Client[];

  static async open(port: number, count: number): Promise<Connections> {
    return new Connections(await Promise.all(Array.from({ length: count }, () => Client.open(port))));
  }

  private constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  /** Rejects at the first answer with another status, and when a connection breaks. */
  async run(load: Load): Promise<Loaded> {
    const startedAt = performance.now();
    const until = startedAt + (load.forMs ?? Number.POSITIVE_INFINITY);
    let left = load.calls ?? Number.POSITIVE_INFINITY;
    const next = () => {
      if (left <= 0 || performance.now() >= until) return null;
      left -= 1;
      return load.next();
    };
    const waits = await Promise.all(this.#clients.map((client) => client.run(next, load)));
    const seconds = (performance.now() - startedAt) / 1000;
    const milliseconds = waits.flat();
    return { calls: milliseconds.length, seconds, milliseconds };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = /\r\ncontent-length: *(\d+)/i;
/** Cut off an answer that is not what was expected. */
const SHOWN = 300;

class Client {
  readonly #port: number;
  #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #next: () => Call | null = () => null;
  #wanted: Pick<Load, "status" | "orStatus"> = { status: 200 };
  #asked: Call | null = null;
  #askedAt = 0;
  #waits: number[] = [];
  #done: (waits: readonly number[]) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  static async open(port: number): Promise<Client> {
    return new Client(port, await opened(port));
  }

  private constructor(port: number, socket: Socket) {
    this.#port = port;
    this.#socket = this.#listenTo(socket);
  }

  #listenTo(socket: Socket): Socket {
    socket.on("error", (error) => this.#failed(error));
    socket.on("close", () => this.#failed(new Error("the server closed a connection")));
    socket.on("data", (chunk) => this.#hear(chunk));
    return socket;
  }

  async run(next: () => Call | null, wanted: Pick<Load, "status" | "orStatus">): Promise<readonly number[]> {
    // Servers close connections that have been idle for some time.
    if (this.#socket.closed || !this.#socket.writable) this.#socket = this.#listenTo(await opened(this.#port));
    return new Promise((resolve, reject) => {
      this.#next = next;
      this.#wanted = wanted;
      this.#waits = [];
      this.#done = resolve;
      this.#failed = reject;
      this.#send();
    });
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #send(): void {
    this.#asked = this.#next();
    if (this.#asked === null) return this.#done(this.#waits);
    this.#askedAt = performance.now();
    this.#socket.write(this.#asked.request);
  }

  #hear(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const bodyAt = headEnd + HEAD_END.length;
    const length = LENGTH.exec(head)?.[1];
    if (length === undefined) return this.#failed(new Error(`an answer without a length: ${head}`));
    if (this.#received.length < bodyAt + Number(length)) return;
    const answer = this.#received;
    this.#received = Buffer.alloc(0);
    this.#answered(head, () => answer.toString("utf8", bodyAt));
  }

  #answered(head: string, body: () => string): void {
    // "HTTP/1.1 200 OK"
    const status = Number(head.slice(9, 12));
    const isWanted = status === this.#wanted.status;
    if (!isWanted && status !== this.#wanted.orStatus) {
      this.#failed(new Error(`${head.split("\r\n", 1).join("")}: ${body().slice(0, SHOWN)}`));
      return;
    }
    this.#waits.push(performance.now() - this.#askedAt);
    if (isWanted) this.#asked?.onBody?.(body(), head);
    this.#send();
  }
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
