/**
 * Writes src/gen/comments.ts: the comments of our .proto files by full name. Generated descriptors leave them out, and the
 * OpenAPI document is to have them.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const image = execFileSync("buf", ["build", "--as-file-descriptor-set", "-o", "-"], { maxBuffer: 2 ** 26 });
const { file: files } = fromBinary(FileDescriptorSetSchema, image);
const comments = {};
for (const file of files.filter(({ package: name }) => name.startsWith("gmqtt."))) {
  for (const { leadingComments, path } of file.sourceCodeInfo?.location ?? []) {
    const name = nameAt(file, path);
    const text = leadingComments
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("buf:lint:"))
      .join(" ");
    if (name !== undefined && text !== "") comments[name] = text;
  }
}
const lines = Object.entries(comments).map(
  ([name, text]) => `  ${JSON.stringify(name)}:\n    ${JSON.stringify(text)},\n`,
);
writeFileSync(
  "src/gen/comments.ts",
  `/** Comments of the .proto files by full name. Made by scripts/comments.mjs. */
export const comments: Readonly<Record<string, string>> = {\n${lines.join("")}};\n`,
);

/** The element that a path of source code info leads to (google/protobuf/descriptor.proto, SourceCodeInfo.Location). */
function nameAt(file, [kind, index, memberKind, member, ...rest]) {
  if (rest.length > 0) return undefined;
  const parent = { 4: file.messageType, 5: file.enumType, 6: file.service }[kind]?.[index];
  if (parent === undefined) return undefined;
  const name = `${file.package}.${parent.name}`;
  if (memberKind === undefined) return name;
  const members = { 4: parent.field, 5: parent.value, 6: parent.method }[kind];
  return memberKind === 2 ? `${name}.${members[member].name}` : undefined;
}
