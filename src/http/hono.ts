/** Hono with one router: the trie takes every route that there is, and the two others would be 2 KiB of the bundle. */

import { HonoBase } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import type { Env } from "hono/types";

export class Hono<E extends Env> extends HonoBase<E> {
  constructor() {
    super();
    this.router = new TrieRouter();
  }
}
