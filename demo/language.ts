// Must be loaded before uPlot, which formats numbers in `navigator.language` as it loads: a Chromium
// started under the POSIX locale names a language that Intl refuses ("en-US@posix").

try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
