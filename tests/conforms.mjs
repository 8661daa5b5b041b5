// What is wrong with Kubernetes objects, by the schemas of Kubernetes, Strimzi and the Prometheus operator.
//
//   node conforms.mjs NODE_MODULES < objects.json        [[problem, ...], ...], one list for each object
//
// The API server drops a key that it does not know, and the schemas allow that. So the validators are handed objects
// that remember which of their keys were read: one that no schema asked for is misspelt.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const OPERATORS = {
  "kafka.strimzi.io": "@kubernetes-models/strimzi-kafka-operator",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};
// Free by their schema: Kafka itself knows what a topic's settings are called.
const FREE = { KafkaTopic: ["/spec/config"] };

async function validatorOf(modules, { apiVersion, kind }) {
  const group = OPERATORS[apiVersion.split("/")[0]] ?? "kubernetes-models";
  const model = `${modules}/${group}/${apiVersion}/${kind}.js`;
  const [, schema] = readFileSync(model, "utf8").match(/from"(?:\.\.\/)+(_schemas\/\w+\.js)"/);
  return (await import(pathToFileURL(`${modules}/${group}/${schema}`))).validate;
}

function remembering(value, path, read) {
  if (value === null || typeof value !== "object") return value;
  return new Proxy(value, {
    get(target, key) {
      if (!Object.hasOwn(target, key) || typeof key === "symbol") return Reflect.get(target, key);
      read.add(`${path}/${key}`);
      return remembering(target[key], `${path}/${key}`, read);
    },
  });
}

function* unread(value, path, read, free) {
  if (value === null || typeof value !== "object" || free.includes(path)) return;
  for (const [key, inner] of Object.entries(value)) {
    const where = `${path}/${key}`;
    if (read.has(where)) yield* unread(inner, where, read, free);
    else yield `${where}: no schema knows this key`;
  }
}

async function problems(modules, object) {
  const validate = await validatorOf(modules, object);
  const read = new Set();
  const errors = validate(remembering(object, "", read)) ? [] : validate.errors;
  const wrong = errors.map((error) => `${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`);
  return [...wrong, ...unread(object, "", read, FREE[object.kind] ?? [])];
}

const [modules] = process.argv.slice(2);
const found = [];
for (const object of JSON.parse(readFileSync(0, "utf8"))) found.push(await problems(modules, object));
console.log(JSON.stringify(found));
