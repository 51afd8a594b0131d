package report

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestPageInABrowser opens the page in Chromium: no error, no request, nothing wider than the window at 400 and 1400 pixels, contrast and keyboard, light and
// dark. It needs node, Chromium (WINNOW_CHROMIUM, else chromium on the path) and playwright-core in the folder that WINNOW_PLAYWRIGHT names, .browser at the
// repository's root by default.
func TestPageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: a browser takes a while")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("skipped: node is not installed")
	}
	name := os.Getenv("WINNOW_CHROMIUM")
	if name == "" {
		name = "chromium"
	}
	chromium, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("skipped: %s is not installed (set WINNOW_CHROMIUM to a Chromium or Chrome)", name)
	}
	modules := os.Getenv("WINNOW_PLAYWRIGHT")
	if modules == "" {
		modules = filepath.Join("..", ".browser")
	}
	if _, err := os.Stat(filepath.Join(modules, "node_modules", "playwright-core")); err != nil {
		t.Skipf("skipped: %s holds no node_modules/playwright-core (npm install playwright-core there, or set WINNOW_PLAYWRIGHT)", modules)
	}
	page := filepath.Join(t.TempDir(), "report.html")
	if err := Write(testRun, page); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	arguments := []string{filepath.Join("testdata", "browser.mjs"), page, modules, chromium}
	if shots := os.Getenv("WINNOW_SCREENSHOTS"); shots != "" {
		arguments = append(arguments, shots)
	}
	out, err := exec.CommandContext(ctx, node, arguments...).Output()
	var result struct{ Checked, Faults []string }
	if jsonErr := json.Unmarshal(out, &result); jsonErr != nil {
		t.Fatalf("browser.mjs: %v: %s", err, out)
	}
	for _, f := range result.Faults {
		t.Error(f)
	}
	if len(result.Checked) != 6 {
		t.Errorf("%d views were checked (%v), want 6", len(result.Checked), result.Checked)
	}
}
