// Adapts a published OpenAPI file to the known behavior of the live API where the file is too narrow, so that a
// validating proxy can check the rest strictly. Usage: node spec.mjs FILE PREFIX > adapted.json
//
// The numbers are sections of reference.md beside the files:
// - paths get the prefix under which they are served (1.2);
// - an optional property of a response may be null: the live API sends null for unset fields, though the file says so
//   for some fields only (0, 3.2);
// - a deal's value has decimals (5.1), in search results too, where the file has an integer;
// - query parameters that are an enum in the file but accept comma-separated lists accept a list of its values (3.3);
// - `sort` of API v1 is an enum of fields in the file, while its description has a field with ASC or DESC;
// - the file declares almost no errors: undeclared ones have the documented envelope (6).
// In one point it is made narrower: the body of a creation or change may have only the fields of the file, so that a
// misspelled one is reported; custom fields of leads have names of their own (5.6). Fields that may be null in responses
// may be set to null: clearing a field is documented for some only (5.6, 5.11).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { parse } = createRequire(path.join(process.env.CONTRACT_MODULES, 'package.json'))('yaml');
const [file, prefix] = process.argv.slice(2);
const spec = parse(readFileSync(file, 'utf8'), { maxAliasCount: -1 });

const LISTS = new Set(['status', 'include_fields', 'item_types', 'fields']);
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const REFUSAL = {
  description: 'Refused',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['success'],
        properties: {
          success: { type: 'boolean', enum: [false] },
          error: { type: 'string' },
          error_info: { type: 'string' },
          errorCode: { type: 'integer' },
          errors: { type: 'object' },
        },
      },
    },
  },
};

/** Lets the optional properties of a schema be null, all the way down. */
function loosen(schema, seen = new Set()) {
  if (!schema || typeof schema !== 'object' || seen.has(schema)) return;
  seen.add(schema);
  for (const key of ['allOf', 'anyOf', 'oneOf']) (schema[key] ?? []).forEach((part) => loosen(part, seen));
  loosen(schema.items, seen);
  loosen(schema.additionalProperties, seen);
  const required = new Set(schema.required ?? []);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    loosen(property, seen);
    if (name === 'value' && property.type === 'integer') property.type = 'number';
    if (name !== 'id' && name !== 'success' && !required.has(name)) {
      property.nullable = true;
      if (property.enum && !property.enum.includes(null)) property.enum = [...property.enum, null];
    }
  }
}

/** Lets a body have no field but those that the file names; one that changes something may clear those that are not required. */
function strict(schema, isNamed, clears) {
  const parts = [schema, ...(schema.allOf ?? [])];
  const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {}));
  const required = parts.flatMap((part) => part.required ?? []);
  for (const [name, property] of Object.entries(properties)) {
    if (clears && !required.includes(name)) property.nullable = true;
  }
  return { type: 'object', properties, ...(required.length && { required }), additionalProperties: !isNamed };
}

/** Lets a parameter that is one of some words be a list of them. */
function list(schema) {
  if (!schema.enum) return;
  const word = `(${schema.enum.join('|')})`;
  schema.pattern = `^${word}(,${word})*$`;
  delete schema.enum;
}

/** Lets a parameter that is one of some fields be fields with a direction each. */
function sorting(schema) {
  if (!schema.enum) return;
  const field = `(${schema.enum.join('|')})( (ASC|DESC))?`;
  schema.pattern = `^${field}(, ?${field})*$`;
  delete schema.enum;
}

spec.servers = [{ url: '/' }];
spec.paths = Object.fromEntries(Object.entries(spec.paths).map(([name, item]) => [prefix + name, item]));
for (const [name, item] of Object.entries(spec.paths)) {
  for (const [method, operation] of METHODS.map((method) => [method, item[method]]).filter(([, found]) => found)) {
    for (const parameter of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
      if (LISTS.has(parameter.name)) list(parameter.schema);
      if (parameter.name === 'sort') sorting(parameter.schema);
    }
    for (const answer of Object.values(operation.responses)) {
      for (const content of Object.values(answer.content ?? {})) loosen(content.schema);
    }
    operation.responses['4XX'] = REFUSAL;
    const body = operation.requestBody?.content?.['application/json'];
    if (body) body.schema = strict(body.schema, !name.startsWith('/api/v1/leads'), method !== 'post');
  }
}
process.stdout.write(JSON.stringify(spec));
