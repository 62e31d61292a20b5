/** The page at /docs: shows the document of this deployment, and makes calls of it. */

const place = document.getElementById("reference");

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

// Who comes back to a page that the browser kept finds it without the token that was typed.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});

/** A token of the identity provider is typed like every other: the viewer would ask its address, which is an example. */
function bearersAlone(spec) {
  for (const scheme of Object.values(spec.components.securitySchemes)) {
    if (scheme.type !== "openIdConnect") continue;
    delete scheme.openIdConnectUrl;
    Object.assign(scheme, { type: "http", scheme: "bearer" });
  }
  return spec;
}

const answer = await fetch("/openapi.json", { credentials: "omit" });
if (answer.ok) {
  globalThis.SwaggerUIBundle({
    spec: bearersAlone(await answer.json()),
    domNode: place,
    deepLinking: true,
    docExpansion: "none",
    filter: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    validatorUrl: null,
    // What the browser knows of this origin is not what is tried here.
    requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
  });
} else {
  const { detail } = await answer.json().catch(() => ({ detail: `The document could not be read: ${answer.status}.` }));
  place.textContent = detail;
}
