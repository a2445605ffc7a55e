package script

import (
	"fmt"
	"math"
	"strings"
)

// A Discovery is how a script was found.
type Discovery struct {
	// Schedules is how many it took: that which found it included. 0 means that
	// it is not known.
	Schedules uint64
	// Strategy is that of the hunt, and Scenario the one that it was bound to,
	// or AnyScenario.
	Strategy, Scenario string
}

// AnyScenario is the scenario of a hunt that drew from all.
const AnyScenario = "any"

// getFound is the line "found": schedules=53 strategy=portfolio scenario=any.
func getFound(s *Script) string {
	if s.Found.Schedules == 0 {
		return ""
	}
	return fmt.Sprintf("schedules=%d strategy=%s scenario=%s", s.Found.Schedules, s.Found.Strategy,
		s.Found.Scenario)
}

func setFound(s *Script, value string) error {
	words := strings.Fields(value)
	keys := [...]string{"schedules=", "strategy=", "scenario="}
	if len(words) != len(keys) {
		return unexpected("found", value, `"schedules=N strategy=NAME scenario=NAME"`)
	}
	for i, key := range keys {
		text, ok := strings.CutPrefix(words[i], key)
		if !ok {
			return unexpected("found", words[i], `"`+key+`..."`)
		}
		words[i] = text
	}
	n, err := number("schedules", words[0], 1, math.MaxUint32)
	s.Found = Discovery{uint64(n), words[1], words[2]}
	if err == nil {
		err = checkName("strategy", strings.ReplaceAll(words[1], ":", "-"))
	}
	if err == nil {
		err = checkName("scenario", words[2])
	}
	return err
}
