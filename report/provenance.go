package report

import (
	"fmt"
	"strings"
	"time"
)

// provenance is section 8: everything that is needed to make the run again.
type provenance struct {
	Sources []sourceRow
	Inputs  []input
	Hidden  int // inputs that are not listed
	Facts   []fact
	Stages  []Stage
	Recipe  string
	Command string
	Files   []fact
}

type sourceRow struct {
	Source
	License, Shape string
	Files          int
	Size           int64
}

type input struct{ Path, Digest string }

const maxInputs = 300

func newProvenance(run *Run) provenance {
	m := &run.Manifest
	p := provenance{Stages: m.Stages, Recipe: run.Recipe}
	read := map[string]ManifestSource{}
	for _, s := range m.Sources {
		read[s.Name] = s
	}
	for _, s := range run.Ledger.Sources {
		of := read[s.Name]
		p.Sources = append(p.Sources, sourceRow{s, of.License, of.Shape, of.Files, of.Bytes})
	}
	for i, s := range m.Inputs {
		if i == maxInputs {
			p.Hidden = len(m.Inputs) - maxInputs
			break
		}
		path, digest := s, ""
		if k := strings.LastIndexByte(s, ' '); k > 0 {
			path, digest = s[:k], s[k+1:]
		}
		p.Inputs = append(p.Inputs, input{path, digest})
	}
	add := func(name, value string) {
		if value != "" {
			p.Facts = append(p.Facts, fact{name, value})
		}
	}
	add("winnow", m.Version)
	add("seed", fmt.Sprint(m.Seed))
	if m.Sample > 0 && m.Sample < 1 {
		add("sample", percent(m.Sample)+" of the rows")
	}
	add("changed on the command line", strings.Join(m.Sets, ", "))
	if !m.Started.IsZero() {
		add("started", m.Started.UTC().Format(time.RFC3339))
	}
	if m.Seconds > 0 {
		add("time", duration(m.Seconds))
	}
	if m.Machine.OS != "" {
		add("machine", fmt.Sprintf("%s/%s, %s", m.Machine.OS, m.Machine.Arch, plural(int64(m.Machine.Cores), "core", "cores")))
	}
	if t, ok := m.Tokens["train"]; ok {
		add("tokenizer", t.Tokenizer)
		add("chat template", t.Template)
		add("vocabulary", count(t.Vocabulary))
		add("length of a row of tokens", count(t.Length))
		if t.TooLong > 0 {
			add("samples left out as too long", fmt.Sprintf("%s of %s", count(t.TooLong), count(t.Samples)))
		}
	}
	p.Command = command(m)
	if m.Data != nil {
		p.Files = append(p.Files, fact{"data/", fmt.Sprintf("%s, %s; columns %s", plural(int64(len(m.Data.Files)), "file", "files"), bytesText(float64(m.Data.Bytes)), strings.Join(m.Data.Columns, ", "))})
	}
	if droppedRows(run) > 0 {
		p.Files = append(p.Files, fact{"dropped/", count(droppedRows(run)) + " rows, each with its step and reason"})
	}
	if m.Training != nil {
		p.Files = append(p.Files, fact{"model/", "the trained model, as Hugging Face folders"}, fact{"metrics.jsonl", "one line a training step"})
	}
	return p
}

// command is what makes the run again.
func command(m *Manifest) string {
	parts := []string{"winnow run recipe.yaml"}
	if m.Sample > 0 && m.Sample < 1 {
		parts = append(parts, "--sample "+strings.TrimSuffix(figure(100*m.Sample), ".000")+"%")
	}
	for _, s := range m.Sets {
		parts = append(parts, "--set "+quote(s))
	}
	return strings.Join(parts, " ")
}

// quote makes one word of a text for a shell.
func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-=/:,@%+", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
