// uPlot formats numbers in navigator.language as it loads; a Chromium that is started under the POSIX
// locale names one that Intl refuses ("en-US@posix"). Import this file before uPlot. It exports nothing:
// but for `sideEffects` in package.json, which names it, a bundler would leave it out.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US" });
}
