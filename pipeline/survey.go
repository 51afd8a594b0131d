package pipeline

import (
	"context"
	"encoding/gob"
	"fmt"
	"os"
	"path/filepath"

	"winnow/filters"
	"winnow/internal/atomicfile"
)

// maxRounds bounds how often a survey may ask for another look at the same rows.
const maxRounds = 8

// conclude brings the notes of a finished stage together, round after round, until the survey says what happens to the rows.
func (r *stageRun) conclude(ctx context.Context, accounts []*shardAccount) (filters.Conclusion, error) {
	survey := any(r.stage.Survey.Params)
	var all filters.Conclusion
	for round := 0; ; round++ {
		if round == maxRounds {
			return all, fmt.Errorf("step %s wants more than %d rounds", r.stage.Survey.Label(), maxRounds)
		}
		var c filters.Conclusion
		var err error
		switch s := survey.(type) {
		case filters.Tally:
			c, err = r.concludeTally(ctx, s, round, len(accounts))
		case filters.Keyed:
			c, err = r.concludeKeyed(ctx, s, round, accounts)
		}
		if err != nil {
			return all, fmt.Errorf("step %s: %w", r.stage.Survey.Label(), err)
		}
		all.Warnings = append(all.Warnings, c.Warnings...)
		if c.Findings != nil {
			all.Findings = c.Findings
		}
		if !IsSurvey(c.Next) {
			all.Next = c.Next
			return all, nil
		}
		survey = c.Next
	}
}

func (r *stageRun) concludeTally(ctx context.Context, s filters.Tally, round, shards int) (filters.Conclusion, error) {
	total := s.NewTally()
	if round > 0 {
		tallies := make([]any, shards)
		err := r.again(ctx, shards, func(n int, row *filters.Row) error {
			if tallies[n] == nil {
				tallies[n] = s.NewTally()
			}
			s.Observe(row, tallies[n])
			return nil
		})
		if err != nil {
			return filters.Conclusion{}, err
		}
		for _, t := range tallies {
			if t != nil {
				s.Merge(total, t)
			}
		}
		return s.Conclude(total)
	}
	for n := range shards {
		t := s.NewTally()
		if err := readGob(r.path(n, "tally"), t); err != nil {
			return filters.Conclusion{}, err
		}
		s.Merge(total, t)
	}
	return s.Conclude(total)
}

func (r *stageRun) concludeKeyed(ctx context.Context, s filters.Keyed, round int, accounts []*shardAccount) (filters.Conclusion, error) {
	dir := notesDir(r.dir, round)
	runs := make([][]string, len(accounts))
	for n, a := range accounts {
		runs[n] = a.Notes
	}
	if round > 0 {
		if err := r.emitAgain(ctx, s, round, runs); err != nil {
			return filters.Conclusion{}, err
		}
	}
	var all []string
	for _, names := range runs {
		all = append(all, names...)
	}
	return s.Conclude(r.runner.Group(ctx, dir, all, s.Group))
}

// emitAgain takes the notes of a further round. A shard whose notes an earlier run has taken is not read again.
func (r *stageRun) emitAgain(ctx context.Context, s filters.Keyed, round int, runs [][]string) error {
	dir := notesDir(r.dir, round)
	return r.runner.MapShards(ctx, len(runs), func(ctx context.Context, worker, n int) error {
		done := filepath.Join(dir, fmt.Sprintf("%05d.json", n))
		if err := atomicfile.ReadJSON(done, &runs[n]); err == nil {
			return nil
		} else if !os.IsNotExist(err) {
			return err
		}
		notes := r.runner.Notes(dir, n)
		var noteErr error
		err := r.rowsOf(ctx, n, func(row *filters.Row) error {
			s.Emit(row, func(key uint64, value []byte) {
				if noteErr == nil {
					noteErr = notes.Add(key, row.Ref, value)
				}
			})
			return noteErr
		})
		if err != nil {
			return err
		}
		if runs[n], err = notes.Close(); err != nil {
			return err
		}
		return atomicfile.WriteJSON(done, runs[n])
	})
}

// again calls see for every row of the finished stage; calls for one shard come in order, from one goroutine.
func (r *stageRun) again(ctx context.Context, shards int, see func(shard int, row *filters.Row) error) error {
	return r.runner.MapShards(ctx, shards, func(ctx context.Context, worker, n int) error {
		return r.rowsOf(ctx, n, func(row *filters.Row) error { return see(n, row) })
	})
}

func (r *stageRun) rowsOf(ctx context.Context, n int, see func(*filters.Row) error) error {
	rows := filters.NewRows(r.stage.Out)
	for b, err := range readSpill(r.path(n, "rows")) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			b.Release()
			return err
		}
		rows.Load(b)
		for i := range b.Refs {
			row := rows.At(b, i)
			filters.Look(row)
			if err := see(row); err != nil {
				b.Release()
				return err
			}
		}
		b.Release()
	}
	return nil
}

func readGob(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := gob.NewDecoder(f).Decode(into); err != nil {
		return fmt.Errorf("%s: %w; delete the run's work folder and run again", path, err)
	}
	return nil
}
