package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/atomicfile"
)

// sortedKeys lists the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// digestOf gives a digest of values that JSON can hold.
func digestOf(values ...any) (string, error) {
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(values); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// dataDone is what work/data.json holds once the data set is written.
type dataDone struct {
	Digest  string       `json:"digest"`
	Ledger  *Ledger      `json:"ledger"`
	Summary *DataSummary `json:"summary"`
}

// writeData writes data/ and dropped/ from the rows of the stages, unless that is done already.
func (r *run) writeData(ctx context.Context) error {
	begin := time.Now()
	last := r.plan.Stages[len(r.plan.Stages)-1]
	digest, err := digestOf(last.Digest, r.plan.Recipe.Output, r.plan.Recipe.Name)
	if err != nil {
		return err
	}
	r.manifest.Ledger = r.ledger
	defer r.attachFindings()
	r.audit()
	donePath := filepath.Join(r.opt.Dir, "work", "data.json")
	done := &dataDone{}
	if err := atomicfile.ReadJSON(donePath, done); err == nil && done.Digest == digest && r.dataThere(done) {
		r.ledger.Written = done.Ledger.Written
		r.manifest.Data = done.Summary
		return r.ledger.Check()
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	r.opt.Progress.Begin("data set", r.last.out, "rows")
	if err := r.writeDropped(ctx, r.plan.Stages); err != nil {
		return err
	}
	summary, err := r.writeFolder(ctx)
	if err != nil {
		return atomicfile.Explain(err)
	}
	if err := r.ledger.Check(); err != nil {
		return err
	}
	var rows int64
	for _, n := range summary.Rows {
		rows += n
	}
	r.opt.Progress.End(fmt.Sprintf("%d rows in %d files, %s", rows, len(summary.Files), time.Since(begin).Round(time.Millisecond)))
	r.manifest.Data = summary
	r.manifest.stage("data", "", digest, begin)
	return atomicfile.WriteJSON(donePath, dataDone{digest, r.ledger, summary})
}

// attachFindings puts what the surveys found beside their accounts.
func (r *run) attachFindings() {
	for _, f := range r.manifest.Findings {
		for i := range r.ledger.Steps {
			if r.ledger.Steps[i].Label == f.Step {
				r.ledger.Steps[i].Findings = f.Value
			}
		}
	}
}

// audit compares the accounts with what the recipe expects of marked rows. A row counts where it first meets the recipe's steps, so nothing is left out
// of the total that an earlier step dropped.
func (r *run) audit() {
	expect := r.plan.Recipe.Audit.Expect
	for _, kind := range sortedKeys(expect) {
		res := AuditResult{Kind: kind, Step: expect[kind]}
		for i := range r.ledger.Steps {
			c := r.ledger.Steps[i].ByAudit[kind]
			if c == nil {
				continue
			}
			if i == 0 {
				res.Rows = c.In
			}
			if r.ledger.Steps[i].Label == res.Step {
				res.Found += min(c.In, c.Dropped+c.Edited+c.Copied)
			}
		}
		r.manifest.Audit = append(r.manifest.Audit, res)
	}
}

func (r *run) dataThere(d *dataDone) bool {
	for _, f := range d.Summary.Files {
		if _, err := os.Stat(filepath.Join(r.opt.Dir, "data", f)); err != nil {
			return false
		}
	}
	return true
}

// writeFolder writes the rows of the last stage as a data set folder, in the order of the input, each split apart.
func (r *run) writeFolder(ctx context.Context) (*DataSummary, error) {
	out := r.plan.Recipe.Output
	schema := r.last.stage.Out
	folder, err := datasets.NewFolder(filepath.Join(r.opt.Dir, "data"), schema, datasets.FolderOptions{ParquetOptions: datasets.ParquetOptions{Compression: out.Compression, RowGroupBytes: out.RowGroup, Workers: r.opt.Runner.N()}, ShardBytes: out.ShardSize})
	if err != nil {
		return nil, err
	}
	defer folder.Abort()
	counts := map[string]int64{}
	splitter := newSplitter(schema, func(split string, b datasets.Batch) error {
		counts[split] += int64(len(b.Refs))
		r.opt.Progress.Advance(int64(len(b.Refs)), "")
		return folder.Write(split, b.Record)
	})
	for n := range r.plan.Shards {
		for b, err := range readSpill(r.last.path(n, "rows")) {
			if err != nil {
				return nil, err
			}
			if err := errors.Join(ctx.Err(), splitter.write(b)); err != nil {
				return nil, err
			}
		}
	}
	if err := splitter.flush(); err != nil {
		return nil, err
	}
	r.ledger.Written = counts
	if err := folder.Close(r.card(counts)); err != nil {
		return nil, err
	}
	s := &DataSummary{Rows: counts, Columns: columnNames(r)}
	entries, err := os.ReadDir(filepath.Join(r.opt.Dir, "data"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		s.Files = append(s.Files, e.Name())
		s.Bytes += info.Size()
	}
	return s, nil
}

func columnNames(r *run) []string {
	var out []string
	for _, f := range r.last.stage.Out.Fields() {
		out = append(out, f.Name)
	}
	return out
}

// splitter parts batches by their column split; rows without one are train.
type splitter struct {
	rows     *filters.Rows
	builders map[string]*filters.Builder
	make     func() *filters.Builder
	emit     func(split string, b datasets.Batch) error
	split    bool
}

func newSplitter(schema *arrow.Schema, emit func(string, datasets.Batch) error) *splitter {
	return &splitter{rows: filters.NewRows(schema), builders: map[string]*filters.Builder{}, emit: emit,
		make:  func() *filters.Builder { return filters.NewBuilder(schema) },
		split: len(schema.FieldIndices(datasets.ColSplit)) > 0}
}

func (s *splitter) write(b datasets.Batch) error {
	defer b.Release()
	if !s.split {
		return s.emit("train", b)
	}
	s.rows.Load(b)
	for i := range b.Refs {
		row := s.rows.At(b, i)
		name := row.Value(datasets.ColSplit).Text
		if name == "" {
			name = "train"
		}
		out := s.builders[name]
		if out == nil {
			out = s.make()
			s.builders[name] = out
		}
		out.Append(row)
		if out.Bytes() >= batchBytes {
			if err := s.flushOne(name, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *splitter) flushOne(name string, out *filters.Builder) error {
	if out.Len() == 0 {
		return nil
	}
	b := out.Flush()
	defer b.Release()
	return s.emit(name, b)
}

func (s *splitter) flush() error {
	for _, name := range sortedKeys(s.builders) {
		if err := s.flushOne(name, s.builders[name]); err != nil {
			return err
		}
	}
	return nil
}

// writeDropped writes every dropped row with step and reason, one set of Parquet files a step.
func (r *run) writeDropped(ctx context.Context, stages []*Stage) error {
	dir := filepath.Join(r.opt.Dir, "dropped")
	temp := dir + ".new"
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return atomicfile.Explain(err)
	}
	for _, stage := range stages {
		if err := r.droppedOfStage(ctx, temp, stage); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return atomicfile.Explain(err)
	}
	return atomicfile.Explain(os.Rename(temp, dir))
}

func (r *run) droppedOfStage(ctx context.Context, dir string, stage *Stage) error {
	work := filepath.Join(r.opt.Dir, "work", fmt.Sprintf("%02d-%s", stage.Index, stage.Digest[:16]))
	schema := droppedSchema(stage.Out)
	files := map[string]*datasets.ParquetFile{}
	builders := map[string]*filters.Builder{}
	defer func() {
		for _, f := range files {
			f.Abort()
		}
	}()
	flush := func(step string) error {
		b := builders[step].Flush()
		defer b.Release()
		if files[step] == nil {
			f, err := datasets.NewParquetFile(filepath.Join(dir, fileName(step)+"-00000.parquet"), schema, datasets.ParquetOptions{Compression: "fastest"})
			if err != nil {
				return err
			}
			files[step] = f
		}
		return files[step].Write(b.Record)
	}
	rows := filters.NewRows(schema)
	for n := range r.plan.Shards {
		path := filepath.Join(work, fmt.Sprintf("%05d.dropped", n))
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			continue
		}
		for b, err := range readSpill(path) {
			if err := errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			rows.Load(b)
			for i := range b.Refs {
				row := rows.At(b, i)
				step := row.Value(filters.ColDroppedBy).Text
				if builders[step] == nil {
					builders[step] = filters.NewBuilder(schema)
				}
				builders[step].AppendDropped(row, step, row.Value(filters.ColDropReason).Text)
				if builders[step].Bytes() >= batchBytes {
					if err := flush(step); err != nil {
						return err
					}
				}
			}
			b.Release()
		}
	}
	for _, step := range sortedKeys(builders) {
		if builders[step].Len() > 0 {
			if err := flush(step); err != nil {
				return err
			}
		}
		if err := files[step].Close(); err != nil {
			return err
		}
		delete(files, step)
	}
	return nil
}

// fileName makes a step's label fit for a file.
func fileName(label string) string {
	out := []byte(label)
	for i, c := range out {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c >= 0x80 {
			continue
		}
		out[i] = '_'
	}
	return string(out)
}
