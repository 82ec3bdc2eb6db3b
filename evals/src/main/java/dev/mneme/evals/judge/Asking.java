package dev.mneme.evals.judge;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.evals.Reply;
import dev.mneme.evals.Solution;
import dev.mneme.evals.Solver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Sends a judge the prompts of an item, each as a conversation of its own.
 *
 * @param id names the way the prompts are made
 * @param prompts by item id
 * @param problems by item id: why an item cannot be judged
 */
record Asking(String id, Map<String, List<List<Message>>> prompts, Map<String, String> problems)
    implements Solver {
  @Override
  public Sampling sampling(EvalItem item, Sampling asked) {
    return asked.withTemperature(0);
  }

  @Override
  public String fingerprint(EvalItem item) {
    return Json.mapper().writeValueAsString(prompts.getOrDefault(item.id(), List.of()));
  }

  @Override
  public Solution solve(
      EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
    String problem = problems.get(item.id());
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    var replies = new ArrayList<Reply>();
    for (List<Message> each : prompts.getOrDefault(item.id(), List.of())) {
      ChatReply reply =
          model.generate(new ChatRequest(each, List.of(), sampling), _ -> {}, cancellation);
      replies.add(Reply.of(reply));
    }
    return Solution.of(replies);
  }
}
