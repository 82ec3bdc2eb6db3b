package dev.mneme.cli;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Hashes;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Latency;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.ToolSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Says what a file of prompts and responses says; so that responses made elsewhere can be scored.
 */
final class RecordedModel implements ChatModel {
  private record Response(String prompt, String response) {}

  private final ModelRef ref;
  private final Map<String, String> responses = new HashMap<>();

  RecordedModel(Path file) {
    JsonLines.readAll(file, Response.class)
        .forEach(each -> responses.put(each.prompt(), each.response()));
    String name = file.getFileName().toString().replaceFirst("\\.jsonl$", "");
    try {
      this.ref = new ModelRef(name, Hashes.sha256(Files.readString(file)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Override
  public ModelRef ref() {
    return ref;
  }

  @Override
  public int contextTokens() {
    return Integer.MAX_VALUE;
  }

  @Override
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    return 0;
  }

  @Override
  public ChatReply generate(
      ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
    String response = responses.get(request.messages().getLast().content());
    if (response == null) {
      throw new ChatModelException("the file has no response to this prompt", false, null);
    }
    onText.accept(response);
    return new ChatReply(
        Message.assistant(response), ChatReply.Finish.STOP, new Latency(0, 0, 0, 0, 0));
  }

  @Override
  public void close() {}
}
