// What every page has: its head, the security policy and the bar of pages. A page's own index.html
// holds its title, its description and its main element.
import type { HtmlTagDescriptor, Plugin } from "vite";

/** Every page, in the bar's order: its folder, and its name there; one without a name is in no bar. */
export const PAGES: readonly { folder: string; name?: string }[] = [
  { folder: "", name: "wgsl-diffusion" },
  { folder: "sample/", name: "Sample" },
  { folder: "train/", name: "Train" },
  { folder: "derivation/", name: "Derivation" },
  { folder: "kernels/", name: "Kernels" },
  { folder: "embed/", name: "Embed" },
  { folder: "embed/plain/" },
];

/** Scripts of the site alone. Styles may be inline: charts and formulas place their parts by them. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** @param isDev  the dev server's own socket is allowed */
function policy(isDev: boolean): string {
  return [...POLICY, `connect-src 'self' https:${isDev ? " ws:" : ""}`].join("; ");
}

export function shell(): Plugin {
  let isDev = false;
  return {
    name: "shell",
    configResolved({ command }) {
      isDev = command === "serve";
    },
    transformIndexHtml: {
      order: "pre",
      handler(html, { path }) {
        const folder = path.replace(/^\//, "").replace(/index\.html$/, "");
        const root = "../".repeat(folder.split("/").length - 1) || "./";
        return { html, tags: [...head(root, isDev), bar(root, folder)] };
      },
    },
  };
}

function head(root: string, isDev: boolean): HtmlTagDescriptor[] {
  const metas = [
    { charset: "utf-8" },
    { "http-equiv": "Content-Security-Policy", content: policy(isDev) },
    { name: "viewport", content: "width=device-width, initial-scale=1" },
    { name: "color-scheme", content: "light dark" },
  ];
  const links = [
    { rel: "icon", href: `${root}icon.svg`, type: "image/svg+xml" },
    { rel: "stylesheet", href: `${root}shared/style.css` },
  ];
  return [
    ...metas.map((attrs) => ({ tag: "meta", attrs, injectTo: "head-prepend" }) as const),
    ...links.map((attrs) => ({ tag: "link", attrs, injectTo: "head" }) as const),
  ];
}

function bar(root: string, here: string): HtmlTagDescriptor {
  const links = PAGES.filter(({ name }) => name).map(({ folder, name }) => ({
    tag: "a",
    attrs: { href: root + folder, ...(folder === here && { "aria-current": "page" }) },
    children: name!,
  }));
  const attrs = { class: "pages", "aria-label": "Pages" };
  return { tag: "nav", attrs, children: links, injectTo: "body-prepend" };
}
