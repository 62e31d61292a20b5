/** The first floor: a Worker that answers a constant. */

export default {
  fetch: () => new Response('{"ok":true}', { headers: { "Content-Type": "application/json" } }),
} satisfies ExportedHandler;
