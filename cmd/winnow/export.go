package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"winnow/internal/atomicfile"
	"winnow/train/weights"
)

// exportForms lists what a model, and the tokens that it was trained on, can be written as.
var exportForms = append([]string{"hf", "adapter", "gguf"}, tokenForms...)

func newExport(g *globals) *cobra.Command {
	var to, kind, out string
	c := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a run's model as a Hugging Face folder, a PEFT adapter, or GGUF with an Ollama Modelfile; its tokens for nanotron or Megatron-LM",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(exportForms, to) {
				return usageError{fmt.Errorf("--to %s is not known; there are %s", to, strings.Join(exportForms, ", "))}
			}
			if out == "" {
				out = filepath.Join(args[0], "export", to)
			}
			files, err := export(args[0], to, kind, out)
			if err != nil {
				return err
			}
			if g.json {
				return printJSON(map[string]any{"to": to, "files": files})
			}
			if !g.quiet {
				fmt.Println("wrote", strings.Join(files, ", "))
			}
			return nil
		},
	}
	c.Flags().StringVar(&to, "to", "hf", "form: "+strings.Join(exportForms, ", "))
	c.Flags().StringVar(&kind, "type", "", "storage type: f32, f16, bf16 of hf (default bf16); f32, f16, q8_0, q4_0 of gguf (default f16)")
	c.Flags().StringVarP(&out, "output", "o", "", "folder to write; default: RUN/export/FORM")
	return c
}

// export writes the model and returns what it wrote.
func export(run, to, kind, out string) ([]string, error) {
	if slices.Contains(tokenForms, to) {
		return exportTokens(run, to, out)
	}
	model := filepath.Join(run, "model")
	merged := filepath.Join(model, "merged")
	if to == "adapter" {
		return copyAdapter(filepath.Join(model, "adapter"), out)
	}
	m, err := weights.Load(merged)
	if err != nil {
		return nil, fmt.Errorf("%w; %s holds no finished model", err, run)
	}
	if to == "hf" {
		dtype := weights.BF16
		if kind != "" {
			if dtype, err = weights.ParseDType(kind); err != nil {
				return nil, usageError{err}
			}
		}
		return []string{out}, weights.Save(out, m, weights.SaveOptions{DType: dtype, Tokenizer: merged})
	}
	if kind == "" {
		kind = "f16"
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, atomicfile.Explain(err)
	}
	path := filepath.Join(out, "model-"+kind+".gguf")
	if err := weights.SaveGGUF(path, m, weights.GGUFOptions{Type: kind, Tokenizer: merged}); err != nil {
		return nil, err
	}
	modelfile := filepath.Join(out, "Modelfile")
	text := modelfileText(filepath.Base(path), merged)
	return []string{path, modelfile}, atomicfile.Write(modelfile, []byte(text))
}

// chatML is the conversation form of chatml in the template language of Ollama, with its stops.
const chatML = `TEMPLATE """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""
PARAMETER stop <|im_end|>
PARAMETER stop <|endoftext|>
`

// modelfileText is an Ollama Modelfile. A model whose own chat template is another than chatml gets none here: the GGUF file holds it, and Ollama knows the common ones by that.
func modelfileText(gguf, tokenizer string) string {
	own, err := os.ReadFile(filepath.Join(tokenizer, "chat_template.jinja"))
	if err != nil {
		own, _ = os.ReadFile(filepath.Join(tokenizer, "tokenizer_config.json")) // without either, chatml is what winnow tuned with
	}
	text := "FROM ./" + gguf + "\n"
	if !strings.Contains(string(own), "chat_template") && !strings.Contains(string(own), "{%") || strings.Contains(string(own), "<|im_start|>") {
		text += chatML
	}
	return text
}

func copyAdapter(from, to string) ([]string, error) {
	var out []string
	for _, name := range []string{"adapter_config.json", "adapter_model.safetensors"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return nil, fmt.Errorf("%w; the run trained no adapter (train.method lora)", err)
		}
		path := filepath.Join(to, name)
		if err := atomicfile.Write(path, data); err != nil {
			return nil, err
		}
		out = append(out, path)
	}
	return out, nil
}
