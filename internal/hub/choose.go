package hub

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// modelFiles are what winnow reads of a model folder besides its weights: configuration, tokenizer, chat template, adapter.
var modelFiles = []string{
	"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model",
	"spiece.model", "vocab.json", "merges.txt", "vocab.txt", "chat_template.jinja", "chat_template.json", "adapter_config.json", "adapter_model.safetensors",
}

// dataEndings are those of the files that winnow reads rows from, compressed or not.
var dataEndings = []string{".parquet", ".arrow", ".jsonl", ".json", ".csv", ".tsv", ".txt", ".md", ".html", ".warc", ".tar", ".tgz", ".zip"}

// choose returns the files to fetch: those that match one of the patterns, else those that winnow reads.
func choose(r Repo, files []File, include []string) ([]File, error) {
	var out []File
	var err error
	switch {
	case len(include) > 0:
		out, err = matching(files, include)
	case r.Kind == Dataset:
		out = dataFiles(files)
	default:
		out, err = modelParts(r, files)
	}
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no file that winnow reads or --include asks for; it has %s", r, names(files))
	}
	return out, nil
}

// modelParts chooses the configuration, the tokenizer and one form of the weights: safetensors where there are any, else the one GGUF file.
func modelParts(r Repo, files []File) ([]File, error) {
	var out, weights, gguf []File
	sharded := slices.ContainsFunc(files, func(f File) bool { return f.Path == "model.safetensors.index.json" || f.Path == "model.safetensors" })
	for _, f := range files {
		switch {
		case slices.Contains(modelFiles, f.Path):
			out = append(out, f)
		case strings.Contains(f.Path, "/"): // other forms of the same weights: onnx/, original/, …
		case f.Path == "model.safetensors.index.json":
			out = append(out, f)
		case strings.HasSuffix(f.Path, ".safetensors") && (!sharded || strings.HasPrefix(f.Path, "model")): // consolidated.safetensors holds them again
			weights = append(weights, f)
		case strings.EqualFold(path.Ext(f.Path), ".gguf"):
			gguf = append(gguf, f)
		}
	}
	switch {
	case len(weights) > 0:
		return append(out, weights...), nil
	case len(gguf) > 1:
		return nil, fmt.Errorf("%s holds %d GGUF files; choose with --include, for example --include '%s': %s", r, len(gguf), gguf[0].Path, names(gguf))
	}
	return append(out, gguf...), nil
}

func dataFiles(files []File) []File {
	var out []File
	for _, f := range files {
		name := strings.ToLower(path.Base(f.Path))
		for _, z := range []string{".gz", ".zst", ".bz2"} {
			name = strings.TrimSuffix(name, z)
		}
		if !strings.HasPrefix(name, ".") && slices.Contains(dataEndings, path.Ext(name)) && name != "dataset_infos.json" {
			out = append(out, f)
		}
	}
	return out
}

// matching returns the files that match a pattern; a pattern that matches nothing is an error.
func matching(files []File, patterns []string) ([]File, error) {
	var out []File
	found := map[string]bool{}
	for _, p := range patterns {
		e, n := expression(p), 0
		for _, f := range files {
			if e.MatchString(f.Path) {
				n++
				if !found[f.Path] {
					found[f.Path] = true
					out = append(out, f)
				}
			}
		}
		if n == 0 {
			return nil, fmt.Errorf("--include %q matches no file; there are %s", p, names(files))
		}
	}
	return out, nil
}

// expression translates a pattern. As in the hub's own tools * and ? match slashes, too, and a pattern that ends in a slash means all below it.
func expression(pattern string) *regexp.Regexp {
	if strings.HasSuffix(pattern, "/") {
		pattern += "*"
	}
	q := regexp.QuoteMeta(pattern)
	q = strings.ReplaceAll(strings.ReplaceAll(q, `\*`, ".*"), `\?`, ".")
	return regexp.MustCompile("(?s)^" + q + "$")
}

// names lists up to twelve files with their sizes.
func names(files []File) string {
	if len(files) == 0 {
		return "no files"
	}
	var out []string
	for _, f := range files[:min(12, len(files))] {
		text := printable(f.Path)
		if f.Size >= 0 {
			text += " (" + bytesText(f.Size) + ")"
		}
		out = append(out, text)
	}
	if more := len(files) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, ", ")
}

// bytesText shows a number of bytes.
func bytesText(n int64) string {
	x := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if x < 1000 {
			return fmt.Sprintf("%.3g %s", x, unit)
		}
		x /= 1000
	}
	return fmt.Sprintf("%.3g TB", x)
}
