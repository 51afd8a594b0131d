package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"winnow/internal/hub"
	"winnow/internal/progress"
)

func newPull(g *globals) *cobra.Command {
	var dataset bool
	o := hub.Options{}
	c := &cobra.Command{
		Use:   "pull OWNER/NAME[@REVISION]",
		Short: "Fetch a model or data set from a hub, checksums compared; started again, it goes on where it stopped",
		Long: `Fetch a model or data set from a hub that speaks the Hugging Face protocol. Of a model the files come that winnow reads: configuration, tokenizer, chat
template, and the weights as safetensors, else as GGUF. They lie in a cache; a recipe may then say "model: owner/name". What is there already is not fetched again.

The environment decides where from and as whom: HF_ENDPOINT (default ` + hub.DefaultEndpoint + `), HF_TOKEN for private and gated repositories, HTTPS_PROXY,
HF_HUB_CACHE (or HF_HOME) for another cache, which may be that of Python's tools, HF_HUB_OFFLINE.`,
		Example: `  winnow pull HuggingFaceTB/SmolLM2-135M-Instruct
  winnow pull Qwen/Qwen3-0.6B@main --to models/qwen3
  winnow pull unsloth/Qwen3-0.6B-GGUF --include '*Q8_0.gguf'
  winnow pull --dataset openai/gsm8k --to data/gsm8k`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := hub.Model
			if dataset {
				kind = hub.Dataset
			}
			repo, err := hub.ParseRepo(args[0], kind)
			if err != nil {
				return usageError{err}
			}
			client, err := hub.FromEnvironment()
			if err != nil {
				return usageError{err}
			}
			bars := progress.New(os.Stderr)
			if !g.quiet {
				o.Progress = bars
			}
			got, err := client.Pull(cmd.Context(), repo, o)
			bars.Close()
			if err != nil {
				return err
			}
			if g.json {
				return printJSON(map[string]any{"name": repo.Name, "revision": repo.Revision, "commit": got.Commit, "folder": got.Dir, "bytes": got.Bytes, "files": len(got.Files), "fetched": got.Fetched})
			}
			if !g.quiet {
				fmt.Printf("%s at %s, %s: %s\n", repo.Name, got.Commit, bytesText(got.Bytes), got.Dir)
			}
			return nil
		},
	}
	c.Flags().StringVar(&o.To, "to", "", "folder to write; default: the cache")
	c.Flags().StringSliceVar(&o.Include, "include", nil, "patterns of the files to fetch instead, such as '*Q8_0.gguf'; * matches slashes, too")
	c.Flags().BoolVar(&dataset, "dataset", false, "the name is that of a data set")
	return c
}

func newModels(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "models",
		Short: "List the models and data sets that were pulled",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			client, err := hub.FromEnvironment()
			if err != nil {
				return usageError{err}
			}
			kept, err := client.Kept()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
			for _, k := range kept {
				if g.json {
					if err := printJSON(map[string]any{"kind": k.Repo.Kind, "name": k.Repo.Name, "revision": k.Repo.Revision, "commit": k.Commit, "folder": k.Dir, "files": k.Files, "bytes": k.Bytes}); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.Repo, k.Repo.Kind, bytesText(k.Bytes), k.Dir)
			}
			if len(kept) == 0 && !g.json && !g.quiet {
				fmt.Printf("nothing was pulled into %s yet; the base model needs no pull\n", client.Cache)
			}
			return w.Flush()
		},
	}
}
