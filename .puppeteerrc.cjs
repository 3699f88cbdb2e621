// `npm ci` must not download a browser: the tests bring their own (see src/device/node/chromium.ts).
module.exports = { skipDownload: true };
