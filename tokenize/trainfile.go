package tokenize

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// trainingPattern returns the pre-tokenizer of a training run, as JSON and as a scanner.
func trainingPattern(opts TrainOptions) (string, scanner, error) {
	const byteLevel = `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":%t}`
	switch opts.Pattern {
	case "gpt2":
		last := fmt.Sprintf(byteLevel, true)
		if !opts.Digits {
			return last, gpt2Scanner{}, nil
		}
		return `{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},` + last + `]}`, gpt2Scanner{digits: true}, nil
	case "", "gpt4", "gpt4-like":
		pattern := patternGPT4
		if opts.Digits {
			pattern = patternQwen
		}
		return fmt.Sprintf(`{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":%s},"behavior":"Isolated","invert":false},`+byteLevel+`]}`,
			quoted(pattern), false), scannerFor(pattern), nil
	}
	return "", nil, fmt.Errorf(`train tokenizer: pattern %q is unknown: use "gpt2" or "gpt4"`, opts.Pattern)
}

func quoted(s string) []byte {
	out, err := jsontext.AppendQuote(nil, s)
	if err != nil { // tokens are valid UTF-8 here
		panic(err)
	}
	return out
}

// trainedJSON writes the tokenizer.json of a trained vocabulary, in the form that Hugging Face tokenizers saves.
func trainedJSON(opts TrainOptions, pre string, tokens []string, merges [][2]uint32) []byte {
	out := []byte("{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  \"added_tokens\": [")
	for i, s := range opts.Special {
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, "\n    {\"id\": %d, \"content\": %s, \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}", i, quoted(s))
	}
	if len(opts.Special) > 0 {
		out = append(out, "\n  "...)
	}
	out = append(out, "],\n  \"normalizer\": null,\n  \"pre_tokenizer\": "...)
	out = append(out, pre...)
	out = append(out, ",\n  \"post_processor\": null,\n"+
		"  \"decoder\": {\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true},\n"+
		"  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n    \"continuing_subword_prefix\": null,\n"+
		"    \"end_of_word_suffix\": null,\n    \"fuse_unk\": false,\n    \"byte_fallback\": false,\n    \"ignore_merges\": false,\n    \"vocab\": {"...)
	for i, s := range tokens {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, "\n      "...)
		out = append(out, quoted(s)...)
		out = fmt.Appendf(out, ": %d", i)
	}
	out = append(out, "\n    },\n    \"merges\": ["...)
	for i, m := range merges {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, "\n      ["...)
		out = append(out, quoted(tokens[m[0]])...)
		out = append(out, ", "...)
		out = append(out, quoted(tokens[m[1]])...)
		out = append(out, ']')
	}
	return append(out, "\n    ]\n  }\n}\n"...)
}
