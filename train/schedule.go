package train

import (
	"fmt"
	"math"
)

// Schedules names the learning-rate schedules.
var Schedules = []string{"cosine", "linear", "constant", "wsd"}

// stableShare is the part of a "wsd" run after warm-up that keeps the full rate before it decays (warm-up, stable, decay: Hu et al. 2024,
// MiniCPM, decay over the last tenth).
const stableShare = 0.9

// Schedule is the learning rate by step: a linear warm-up to Peak, then one of Schedules down to Floor.
type Schedule struct {
	Kind        string  // one of Schedules
	Peak, Floor float64 // highest and last rate
	Warmup      int     // steps of warm-up; step i of them has Peak·i/Warmup
	Steps       int     // steps of the whole run
}

func (s Schedule) check() error {
	switch s.Kind {
	case "cosine", "linear", "constant", "wsd":
	default:
		return fmt.Errorf("unknown schedule %q: write cosine, linear, constant or wsd", s.Kind)
	}
	if !(s.Peak > 0) || math.IsInf(s.Peak, 0) {
		return fmt.Errorf("learning rate %v must be above 0", s.Peak)
	}
	if !(s.Floor >= 0) || s.Floor > s.Peak {
		return fmt.Errorf("lowest learning rate %v must lie between 0 and the learning rate %v", s.Floor, s.Peak)
	}
	if s.Warmup < 0 || s.Warmup > s.Steps {
		return fmt.Errorf("warm-up of %d steps must lie between 0 and the run's %d steps", s.Warmup, s.Steps)
	}
	return nil
}

// At gives the rate of a step; steps count from 1.
func (s Schedule) At(step int) float64 {
	if step <= s.Warmup {
		return s.Peak * float64(step) / float64(s.Warmup)
	}
	done := float64(step-s.Warmup) / float64(max(s.Steps-s.Warmup, 1)) // in (0, 1]
	left := 1.0
	switch s.Kind {
	case "cosine":
		left = 0.5 * (1 + math.Cos(math.Pi*done))
	case "linear":
		left = 1 - done
	case "wsd":
		left = min(1, (1-done)/(1-stableShare))
	}
	return s.Floor + (s.Peak-s.Floor)*left
}
