// Package progress shows on stderr how far a run is: bars with rate and time left on a terminal, else a line every ten seconds.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// lineEvery is how often a line is printed where there is no terminal.
const lineEvery = 10 * time.Second

// Bars shows one stage at a time. It is safe for concurrent use.
type Bars struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	pool     *mpb.Progress
	bar      *mpb.Bar
	stage    string
	unit     string
	note     string
	total    int64
	done     int64
	begin    time.Time
	lastLine time.Time
}

// New returns a display on f: bars when f is a terminal, lines otherwise.
func New(f *os.File) *Bars {
	return &Bars{out: f, terminal: isatty.IsTerminal(f.Fd())}
}

// Begin starts a stage.
func (b *Bars) Begin(stage string, total int64, unit string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closeBar()
	b.stage, b.unit, b.total, b.done, b.note = stage, unit, total, 0, ""
	b.begin, b.lastLine = time.Now(), time.Now()
	if !b.terminal {
		return
	}
	b.pool = mpb.New(mpb.WithOutput(b.out), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
	b.bar = b.pool.New(max(total, 1), mpb.BarStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(shorten(stage, 48)+"  ")),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return b.state(s.Current) })))
}

// state is called by the bar's own goroutine and reads only what is set before it starts, and the note.
func (b *Bars) state(current int64) string {
	took := time.Since(b.begin).Seconds()
	rate := float64(current) / max(took, 1e-3)
	text := fmt.Sprintf(" %s/s", amount(rate, b.unit))
	if b.total > 0 && current > 0 && current < b.total {
		text += "  " + duration(float64(b.total-current)/rate) + " left"
	}
	if n := b.readNote(); n != "" {
		text += "  " + n
	}
	return text
}

func (b *Bars) readNote() string {
	if b.mu.TryLock() {
		defer b.mu.Unlock()
	}
	return b.note
}

// Advance says that n more units are done.
func (b *Bars) Advance(n int64, note string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
	if note != "" {
		b.note = note
	}
	if b.bar != nil {
		b.bar.SetCurrent(min(b.done, max(b.total, 1)-1))
		return
	}
	if !b.terminal && time.Since(b.lastLine) >= lineEvery {
		b.lastLine = time.Now()
		line := fmt.Sprintf("%s: %s", b.stage, amount(float64(b.done), b.unit))
		if b.total > 0 {
			line += fmt.Sprintf(" of %s", amount(float64(b.total), b.unit))
		}
		if rate := float64(b.done) / time.Since(b.begin).Seconds(); b.total > b.done && rate > 0 {
			line += ", " + duration(float64(b.total-b.done)/rate) + " left"
		}
		if b.note != "" {
			line += ", " + b.note
		}
		fmt.Fprintln(b.out, line)
	}
}

// End closes the stage with a line that stays.
func (b *Bars) End(summary string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closeBar()
	fmt.Fprintf(b.out, "%s: %s\n", b.stage, summary)
}

// Close takes an open bar off the screen, as after an error.
func (b *Bars) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closeBar()
}

func (b *Bars) closeBar() {
	if b.bar == nil {
		return
	}
	bar, pool := b.bar, b.pool
	b.bar, b.pool = nil, nil
	b.mu.Unlock()
	bar.Abort(true)
	pool.Wait()
	b.mu.Lock()
}

func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// amount shows a number of units: bytes with their prefixes, anything else with thousands.
func amount(x float64, unit string) string {
	if unit == "B" {
		for _, p := range []string{"B", "kB", "MB", "GB"} {
			if x < 1000 {
				return fmt.Sprintf("%.3g %s", x, p)
			}
			x /= 1000
		}
		return fmt.Sprintf("%.3g TB", x)
	}
	if x >= 1e6 {
		return fmt.Sprintf("%.3gM %s", x/1e6, unit)
	}
	if x >= 1e4 {
		return fmt.Sprintf("%.3gk %s", x/1e3, unit)
	}
	return fmt.Sprintf("%.0f %s", x, unit)
}

func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	if d < time.Hour {
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
