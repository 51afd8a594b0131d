// Command winnow turns raw domain text into a fine-tuned model, and shows what changed on the way. Each command is one file here; everything they do lies in
// the packages pipeline, filters, datasets, tokenize, train, eval and report.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"winnow/internal/version"
	"winnow/pipeline/recipe"
)

// Exit codes, as documented in `winnow help`.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitGate        = 3
	exitInterrupted = 130
)

// globals are the flags that every command has.
type globals struct {
	json    bool
	quiet   bool
	verbose bool
	noColor bool
}

// color reports whether text on stdout may be coloured.
func (g *globals) color() bool {
	return !g.noColor && os.Getenv("NO_COLOR") == "" && isTerminal(os.Stdout)
}

// usageError marks a wrong command line.
type usageError struct{ error }

// gateError says that a run ended well but for its gates.
type gateError struct{ error }

func main() { os.Exit(run(os.Args[1:])) }

// run carries out one command line and returns the exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second Ctrl-C ends at once: what is on disk is whole at any moment
		<-ctx.Done()
		stop()
	}()
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return exitCode(ctx, err)
}

func exitCode(ctx context.Context, err error) int {
	var mistakes *recipe.Mistakes
	var usage usageError
	var gate gateError
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "\ninterrupted; start it again to go on where it stopped")
		return exitInterrupted
	case errors.As(err, &mistakes):
		fmt.Fprintln(os.Stderr, err)
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "winnow:", err)
		return exitUsage
	case errors.As(err, &gate):
		fmt.Fprintln(os.Stderr, "winnow:", err)
		return exitGate
	}
	fmt.Fprintln(os.Stderr, "winnow:", err)
	return exitFailed
}

func newRoot() *cobra.Command {
	g := &globals{}
	root := &cobra.Command{
		Use:   "winnow",
		Short: "From raw domain text to a fine-tuned model, in one recipe",
		Long: `winnow cleans and filters domain text, removes copies, personal data and harmful samples, measures and corrects bias,
tokenizes and packs what is left, fine-tunes a model on it, and measures the model before and after.

One recipe (a YAML file) says all of it; one run folder holds all of what came out. To begin:

  winnow init domain       write a starter recipe
  winnow check recipe.yaml find its mistakes, run its tests
  winnow plan recipe.yaml  see what would be done
  winnow run recipe.yaml   do it

Exit codes: 0 done, 1 failed, 2 the command line or the recipe is wrong, 3 a gate was not met, 130 interrupted (start it again to go on).`,
		Version:       version.String(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see `%s --help`", err, c.CommandPath())}
	})
	flags := root.PersistentFlags()
	flags.BoolVar(&g.json, "json", false, "write one JSON object a line on stdout")
	flags.BoolVarP(&g.quiet, "quiet", "q", false, "say nothing but errors")
	flags.BoolVarP(&g.verbose, "verbose", "v", false, "say more")
	flags.BoolVar(&g.noColor, "no-color", false, "no colours (also by the environment variable NO_COLOR)")
	root.AddCommand(newInit(g), newCheck(g), newPlan(g), newRun(g), newLook(g), newDiff(g), newChat(g), newExport(g), newPull(g), newModels(g), newList(g), newExplain(g), newTrainFilter(g))
	for _, c := range root.Commands() {
		wrapArgs(c)
	}
	return root
}

// wrapArgs makes wrong arguments an error of usage.
func wrapArgs(c *cobra.Command) {
	check := c.Args
	if check == nil {
		return
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath())}
		}
		return nil
	}
}
