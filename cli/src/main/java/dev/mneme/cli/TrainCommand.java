package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "train",
    description = "Train a tokenizer, a model from nothing, or from examples and pairs.",
    subcommands = {
      TrainTokenizerCommand.class,
      TrainPretrainCommand.class,
      TrainSftCommand.class,
      TrainDpoCommand.class,
    })
final class TrainCommand extends GroupCommand {}
