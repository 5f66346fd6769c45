// What each documentation says of the parameters, what that means for a port, and what is installed.

const sentence = (names) => names.join(", ");

function advice(one, other) {
  const say = [];
  const has = Object.fromEntries(other.parameters.map((parameter, at) => [parameter.attribute, { ...parameter, at }]));
  if (one.kind !== other.kind) say.push(other.kind === "class" ? "Construct B, then call the object." : "Call B at once, with inputs and parameters.");
  const shared = Object.keys(one.inputs).filter((input) => input in other.inputs);
  for (const input of shared) if (one.inputs[input] !== other.inputs[input]) say.push(`The input “${one.inputs[input]}” is called “${other.inputs[input]}”.`);
  const order = Object.keys(other.inputs).filter((input) => input in one.inputs);
  if (sentence(order) !== sentence(shared)) say.push(`The inputs stand in another order: ${sentence(order.map((input) => other.inputs[input]))}.`);
  for (const input of Object.keys(one.inputs)) if (!(input in other.inputs) && !(input in has)) say.push(`B takes no “${one.inputs[input]}”.`);
  one.parameters.forEach((parameter, at) => {
    const twin = has[parameter.attribute];
    if (!twin) {
      const fixed = other.fixed[parameter.attribute];
      const input = other.inputs[parameter.attribute];
      say.push(input ? `“${parameter.name}” is an input of B's call, “${input}”.` : `B has no “${parameter.name}”${fixed === undefined ? "" : `: it always is ${fixed}`}.`);
      return;
    }
    if (twin.name !== parameter.name) say.push(`“${parameter.name}” is called “${twin.name}”.`);
    if (twin.default !== parameter.default) say.push(`Pass ${twin.name}=${parameter.default}: its default is ${twin.default}.`);
    if (twin.at !== at) say.push(`Pass “${twin.name}” by keyword: it is number ${twin.at + 1}, not ${at + 1}.`);
    const lost = (parameter.values ?? []).filter((value) => twin.values && !twin.values.includes(value));
    if (lost.length > 0) say.push(`“${twin.name}” does not take ${sentence(lost)}.`);
  });
  for (const [kind, words] of [["dtypes", "of inputs"], ["index_dtypes", "of indices"]]) {
    const lost = (one[kind] ?? []).filter((dtype) => other[kind] && !other[kind].includes(dtype));
    if (lost.length > 0) say.push(`These dtypes ${words} are not documented: ${sentence(lost)}.`);
  }
  return say;
}

function signatures(a, b) {
  const [one, other] = [a, b].map((name) => meta.signatures.documented[name.split(" (")[0]]);
  if (!one || !other || one.operator !== other.operator) return [];
  const parts = [];
  const say = advice(one, other);
  parts.push(make("h3", {}, "What must change, by the documents"), say.length
    ? make("ul", { class: "sides" }, ...say.map((text) => make("li", {}, text)))
    : make("p", {}, "Nothing: names, order and defaults are the same."));
  const named = (api) => Object.fromEntries(api.parameters.map((parameter, at) => [parameter.attribute, { ...parameter, at }]));
  const [left, right] = [named(one), named(other)];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const words = (api, parameter, name) => (parameter
    ? `${parameter.at + 1}. ${parameter.name}=${parameter.default}${parameter.values ? `; ${sentence(parameter.values)}` : ""}`
    : api.fixed[name] === undefined ? "none" : `always ${api.fixed[name]}`);
  const inputs = [...new Set([...Object.keys(one.inputs), ...Object.keys(other.inputs)])];
  const position = (api, input) => (input in api.inputs ? `${Object.keys(api.inputs).indexOf(input) + 1}. ${api.inputs[input]}` : "none");
  const told = (value) => (value ? sentence(value) : "not said");
  const lines = [
    ["called as", one.kind, other.kind],
    ...inputs.map((input) => [`input ${input}`, position(one, input), position(other, input)]),
    ...names.map((name) => [name, words(one, left[name], name), words(other, right[name], name)]),
    ["dtypes", told(one.dtypes), told(other.dtypes)],
    ...(one.index_dtypes || other.index_dtypes ? [["dtypes of indices", told(one.index_dtypes), told(other.index_dtypes)]] : []),
    ["platforms", told(one.platforms), told(other.platforms)],
  ];
  parts.push(make("h3", {}, "Signature, as documented"),
    grid(["", a, b, ""], lines.map((line) => [...line, line[1] === line[2] ? "same" : "≠ differs"]), "plain"));
  return [...parts, ...installed([a, b])];
}

// Where the package that ran shows another signature than the document.
function installed(names) {
  const lines = [];
  let known = false;
  for (const name of new Set(names)) {
    const row = data.codes.api.findIndex((_, at) => place(at) === name);
    const differences = row < 0 ? undefined : meta.signatures.installed[word("environment", row)]?.[word("api", row)];
    if (differences === undefined) { lines.push(make("li", {}, make("code", {}, name), ": the package does not show its signature")); continue; }
    known = true;
    const version = `${word("framework", row)} ${word("version", row)}`;
    lines.push(make("li", {}, make("code", {}, name), `, ${version}: ${differences.length ? sentence(differences) : "as documented"}`));
  }
  return known ? [make("h3", {}, "Signature, as installed"), make("ul", { class: "sides" }, ...lines)] : [];
}
