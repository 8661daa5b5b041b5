// Reads a list of AsyncAPI documents and prints, for each, what the official parser has to say and what it found.
const { Parser } = require("@asyncapi/parser");

const SEVERITIES = ["error", "warning", "information", "hint"];

async function parsed(parser, content) {
  const { document, diagnostics } = await parser.parse(JSON.stringify(content));
  const told = diagnostics.map((one) => `${SEVERITIES[one.severity]} ${one.path.join(".")}: ${one.message}`);
  if (document === undefined) return { diagnostics: told, channels: {} };
  const channels = {};
  for (const channel of document.allChannels().all()) {
    channels[channel.address()] = channel.messages().all().map((message) => message.id()).sort();
  }
  return { diagnostics: told, channels };
}

async function main() {
  const documents = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const parser = new Parser();
  const found = [];
  for (const content of documents) found.push(await parsed(parser, content));
  process.stdout.write(JSON.stringify(found));
}

main();
