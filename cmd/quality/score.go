package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"eagre/quality"
	"eagre/quality/score"
)

// judge prints the tables of one world or of several together.
func judge(_ context.Context, c console, args []string) error {
	f := flags("score", c)
	names := f.String("events", "eagre", "what to judge: the `NAMES` of files NAME.jsonl in each folder, with commas between")
	each := f.Bool("each", false, "a line for each event in place of the tables")
	if err := parse(f, args, 1, 1000); err != nil {
		return err
	}
	columns := []score.Column{}
	for _, name := range strings.Split(*names, ",") {
		columns = append(columns, score.Column{Name: name, Sheet: &score.Sheet{}})
	}
	for _, dir := range f.Args() {
		w, err := quality.Load(dir)
		if err != nil {
			return err
		}
		for _, column := range columns {
			sheet, err := sheetOf(w, filepath.Join(dir, column.Name+".jsonl"))
			if err != nil {
				return err
			}
			column.Sheet.Add(sheet)
		}
	}
	if *each {
		return printEach(c.out, columns)
	}
	return score.Print(c.out, columns...)
}

func printEach(w io.Writer, columns []score.Column) error {
	for _, column := range columns {
		fmt.Fprintf(w, "%s:\n\n", column.Name)
		if err := score.PrintEach(w, column.Sheet); err != nil {
			return err
		}
	}
	return nil
}

func sheetOf(w *quality.World, name string) (*score.Sheet, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	incidents, err := score.ReadIncidents(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return score.Judge(w, incidents), nil
}
