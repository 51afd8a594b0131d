package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"winnow/pipeline"
	"winnow/tokenize/chat"
	"winnow/train"
)

func newChat(g *globals) *cobra.Command {
	var template, system, adapter string
	var stop []string
	s := train.Sampling{}
	c := &cobra.Command{
		Use:   "chat MODEL",
		Short: "Talk to a model; of a run, to the model before and after tuning side by side",
		Long: `Talk to a model: a run folder (the model before and after, side by side), a Hugging Face model folder, a model that was pulled
(owner/name), or base. With --adapter the model is shown without and with a PEFT adapter.
Each line is a question; an empty line begins a new conversation, Ctrl-D ends. Questions may also come from a pipe.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			cache = filepath.Join(cache, "winnow")
			var talkers []*pipeline.Talker
			if adapter != "" {
				talkers, err = pipeline.OpenAdapter(args[0], adapter, template, cache)
			} else {
				talkers, err = pipeline.OpenTalkers(args[0], template, cache)
			}
			if err != nil {
				return err
			}
			for _, t := range talkers {
				t.Stop = stop
			}
			return converse(cmd.Context(), g, talkers, system, s, os.Stdin)
		},
	}
	f := c.Flags()
	f.StringVar(&template, "template", "auto", "chat template: a built-in name or a .jinja file; auto takes the model's own")
	f.StringVar(&adapter, "adapter", "", "PEFT adapter folder of the model: answers without and with it, side by side")
	f.StringArrayVar(&stop, "stop", nil, "text that ends an answer; may be given several times")
	f.StringVar(&system, "system", "", "system message")
	f.Float64Var(&s.Temperature, "temperature", 0.7, "0 takes the likeliest token; higher is more varied")
	f.IntVar(&s.TopK, "top-k", 40, "choose among so many tokens; 0: all")
	f.Float64Var(&s.TopP, "top-p", 0.95, "choose among the likeliest tokens that hold this probability; 0: all")
	f.Float64Var(&s.RepetitionPenalty, "repetition-penalty", 1.1, "above 1 the model repeats itself less")
	f.IntVar(&s.MaxTokens, "tokens", 200, "longest answer")
	f.Uint64Var(&s.Seed, "seed", 7, "the same seed, the same answers")
	return c
}

func converse(ctx context.Context, g *globals, talkers []*pipeline.Talker, system string, s train.Sampling, in io.Reader) error {
	begin := func() [][]chat.Message {
		out := make([][]chat.Message, len(talkers))
		if system != "" {
			for i := range out {
				out[i] = []chat.Message{{Role: "system", Content: system}}
			}
		}
		return out
	}
	history := begin()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	prompt := func() {
		if isTerminal(os.Stdin) && !g.quiet {
			fmt.Print("> ")
		}
	}
	for prompt(); lines.Scan(); prompt() {
		question := strings.TrimSpace(lines.Text())
		if question == "" {
			history = begin()
			continue
		}
		for i, t := range talkers {
			if len(talkers) > 1 {
				fmt.Printf("%s: ", t.Name)
			}
			history[i] = append(history[i], chat.Message{Role: "user", Content: question})
			answer, err := t.Say(ctx, history[i], s, func(piece string) { fmt.Print(piece) })
			fmt.Println()
			if errors.Is(err, context.Canceled) {
				return err
			} else if err != nil {
				return err
			}
			history[i] = append(history[i], chat.Message{Role: "assistant", Content: answer})
		}
	}
	return lines.Err()
}
