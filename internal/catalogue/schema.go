package catalogue

import (
	"encoding/json"
	"strconv"
	"strings"

	"winnow/datasets"
	"winnow/eval"
	"winnow/filters"
	"winnow/internal/spec"
	"winnow/pipeline/recipe"
)

// object is a JSON object; encoding/json writes its keys in order.
type object = map[string]any

// Schema returns the JSON schema (draft 2020-12) of recipes, for editors.
func Schema() ([]byte, error) {
	props := objectProperties(spec.ParamsOf(&recipe.Head{}))
	props["sources"] = object{"type": "object", "description": datasets.SourceSpec.Summary, "minProperties": 1,
		"additionalProperties": object{"anyOf": []any{object{"type": "string"}, list(object{"type": "string"}), objectSchema(datasets.SourceSpec.Params(), datasets.SourceSpec.Summary)}}}
	props["steps"] = list(steps())
	props["output"] = objectSchema(spec.ParamsOf(&recipe.Output{}), "how the data set is written")
	props["tokenize"] = objectSchema(spec.ParamsOf(&recipe.Tokenize{}), "how rows become tokens")
	props["train"] = objectSchema(spec.ParamsOf(&recipe.Train{}), "how the model is tuned")
	props["eval"] = list(measures())
	props["gates"] = object{"type": "object", "description": "limits on figures of eval; a run that misses one ends with exit code 3", "additionalProperties": objectSchema(spec.ParamsOf(&recipe.Gate{}), "")}
	props["tests"] = list(objectSchema(spec.ParamsOf(&recipe.Test{}), "what a step does to a text; winnow check runs it"))
	arm := objectProperties(spec.ParamsOf(&recipe.Arm{}))
	for _, section := range []string{"sources", "steps", "tokenize", "train"} {
		arm[section] = props[section]
	}
	props["arms"] = object{"type": "object", "description": "ways of doing the recipe that are compared: what each one does differently", "additionalProperties": object{"anyOf": []any{object{"type": "null"}, object{"type": "object", "properties": arm, "additionalProperties": false}}}}
	props["compare"] = list(object{"type": "object", "description": "a limit on a figure of eval across arms", "additionalProperties": objectSchema(spec.ParamsOf(&recipe.Comparison{}), ""), "minProperties": 1, "maxProperties": 1})
	out := object{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "winnow recipe", "type": "object", "properties": props, "required": []string{"sources"}, "additionalProperties": false}
	data, err := json.MarshalIndent(out, "", " ")
	return append(data, '\n'), err
}

func list(items object) object { return object{"type": "array", "items": items} }

func steps() object {
	common := spec.ParamsOf(&recipe.Common{})
	var names []any
	entries := object{}
	for _, r := range filters.All() {
		names = append(names, r.Name)
		entries[r.Name] = entrySchema(append(r.Params(), common...), r.Summary, r.Short)
	}
	return object{"anyOf": []any{object{"enum": names}, object{"type": "object", "properties": entries, "additionalProperties": false, "minProperties": 1, "maxProperties": 1}}}
}

func measures() object {
	var names []any
	entries := object{}
	for _, r := range eval.All() {
		names = append(names, r.Name)
		entries[r.Name] = entrySchema(r.Params(), r.Summary, r.Short)
	}
	return object{"anyOf": []any{object{"enum": names}, object{"type": "object", "properties": entries, "additionalProperties": false, "minProperties": 1, "maxProperties": 1}}}
}

// entrySchema allows a map of parameters, nothing, or a bare value for the short parameter.
func entrySchema(params []spec.Param, summary, short string) object {
	full := objectSchema(params, summary)
	if short == "" {
		return object{"anyOf": []any{full, object{"type": "null"}}, "description": summary}
	}
	for _, p := range params {
		if p.Name == short {
			return object{"anyOf": []any{full, object{"type": "null"}, paramSchema(p)}, "description": summary}
		}
	}
	return full
}

func objectSchema(params []spec.Param, doc string) object {
	out := object{"type": "object", "properties": objectProperties(params), "additionalProperties": false}
	if doc != "" {
		out["description"] = doc
	}
	var required []string
	for _, p := range params {
		if p.Required {
			required = append(required, p.Name)
		}
	}
	if required != nil {
		out["required"] = required
	}
	return out
}

func objectProperties(params []spec.Param) object {
	props := object{}
	for _, p := range params {
		props[p.Name] = paramSchema(p)
	}
	return props
}

func paramSchema(p spec.Param) object {
	out := typeSchema(p.Type, p)
	if p.Doc != "" {
		out["description"] = p.Doc
	}
	if p.Default != "" {
		out["default"] = defaultValue(p)
	}
	return out
}

func typeSchema(t string, p spec.Param) object {
	if rest, ok := strings.CutPrefix(t, "list of "); ok { // one value stands for a list of one
		item := typeSchema(rest, p)
		return object{"anyOf": []any{list(item), item}}
	}
	if rest, ok := strings.CutPrefix(t, "map of "); ok {
		return object{"type": "object", "additionalProperties": typeSchema(rest, spec.Param{Fields: p.Fields})}
	}
	switch t {
	case "object":
		return objectSchema(p.Fields, "")
	case "integer", "number":
		out := object{"type": t}
		if p.Unit == "bytes" {
			out = object{"type": []string{t, "string"}}
		}
		if p.Min != nil {
			out["minimum"] = *p.Min
		}
		if p.Max != nil {
			out["maximum"] = *p.Max
		}
		return out
	}
	out := object{"type": t}
	if len(p.Enum) > 0 {
		out["enum"] = p.Enum
	}
	return out
}

func defaultValue(p spec.Param) any {
	switch p.Type {
	case "boolean":
		return p.Default == "true"
	case "integer", "number":
		if x, err := strconv.ParseFloat(p.Default, 64); err == nil {
			return x
		}
	}
	if strings.HasPrefix(p.Type, "list of ") {
		return strings.Split(p.Default, ",")
	}
	return p.Default
}
